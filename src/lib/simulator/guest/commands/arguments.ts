import { FileError } from '../files/file-error.js'
import type { ProgramContext } from '../machine/program.js'

/** A command line taken apart the getopt way. */
export interface Arguments {
  readonly operands: readonly string[]
  /** Whether an option was given, by any of its names. */
  has(...names: readonly string[]): boolean
  /** The last value of an option that takes one. */
  value(...names: readonly string[]): string | undefined
  values(...names: readonly string[]): readonly string[]
}

/**
 * Options may stand anywhere before `--`, short ones may be joined. `valued` names those that take a value. With
 * `posix` the first operand ends the options.
 */
export function parseArguments(
  args: readonly string[],
  valued: readonly string[] = [],
  rules: { readonly posix?: boolean } = {},
): Arguments {
  const found: [string, string | undefined][] = []
  const operands: string[] = []
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word === '--') {
      operands.push(...args.slice(at + 1))
      break
    }
    if (word.startsWith('--')) {
      const [name = '', ...value] = word.slice(2).split('=')
      if (value.length > 0) found.push([name, value.join('=')])
      else if (valued.includes(name)) {
        at++
        found.push([name, args[at]])
      } else found.push([name, undefined])
    } else if (word.startsWith('-') && word !== '-') {
      for (let letter = 1; letter < word.length; letter++) {
        const name = word[letter] ?? ''
        if (!valued.includes(name)) found.push([name, undefined])
        else if (letter + 1 < word.length) {
          found.push([name, word.slice(letter + 1)])
          break
        } else {
          at++
          found.push([name, args[at]])
        }
      }
    } else if (rules.posix === true) {
      operands.push(...args.slice(at))
      break
    } else operands.push(word)
  }
  return {
    operands,
    has: (...names) => found.some(([name]) => names.includes(name)),
    value: (...names) => found.findLast(([name]) => names.includes(name))?.[1],
    values: (...names) => found.filter(([name]) => names.includes(name)).map(([, value]) => value ?? ''),
  }
}

/** Runs `action` for each operand; a file that cannot be used is a message and status 1, as in coreutils. */
export async function forEachOperand(
  context: ProgramContext,
  operands: readonly string[],
  what: string,
  action: (operand: string) => void | Promise<void>,
): Promise<number> {
  let status = 0
  for (const operand of operands) {
    try {
      await action(operand)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      await context.err(
        `${context.argv[0]}: ${what === '' ? `${operand}` : `${what} '${operand}'`}: ${error.message}\n`,
      )
      status = 1
    }
  }
  return status
}

export async function missingOperand(context: ProgramContext): Promise<number> {
  await context.err(`${context.argv[0]}: missing operand\n`)
  return 1
}
