import type { Interfaces } from '@oclif/core'
import { CmuxError } from '../errors.js'

/** Notes for people, and the words of a command that runs elsewhere: an empty one says something, too. */
const MAY_BE_EMPTY = new Set(['description', 'command'])

/**
 * The same flags, of which none takes an empty text, unless it is for people to read: what names something is empty when a variable is not set, and
 * would be taken for no flag at all. Error: `usage`.
 */
export const filledFlags = (flags: Interfaces.FlagInput = {}): Interfaces.FlagInput =>
  Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => {
      if (flag.type === 'boolean' || MAY_BE_EMPTY.has(name)) return [name, flag]
      const parse: typeof flag.parse = async (text, context, options) => {
        if (text === '') throw new CmuxError('usage', `--${name} is empty: give it a value, or leave the flag out`)
        return flag.parse(text, context, options)
      }
      return [name, { ...flag, parse }]
    }),
  )

/** The same for arguments. */
export const filledArguments = (args: Interfaces.ArgInput = {}): Interfaces.ArgInput =>
  Object.fromEntries(
    Object.entries(args).map(([name, arg]) => {
      if (MAY_BE_EMPTY.has(name)) return [name, arg]
      const parse: typeof arg.parse = async (text, context, options) => {
        if (text === '') throw new CmuxError('usage', `${name.toUpperCase()} is empty: it names nothing`)
        return arg.parse(text, context, options)
      }
      return [name, { ...arg, parse }]
    }),
  )
