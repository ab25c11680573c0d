import { stripVTControlCharacters } from 'node:util'
import { Errors } from '@oclif/core'
import { CmuxError, isCmuxError } from '../errors.js'

const PARSING = /^Parsing (--\S+) \n\t/
const SEE_HELP = /\n?See more help with --help$/

/**
 * Any error as one that can be shown. Errors of the argument parser become `usage`; what nobody foresaw becomes `internal`, with its
 * message only: nothing else of a foreign error is ever printed, because it may hold anything.
 *
 * @param help the command line that shows the help, for usage errors
 */
export function toCmuxError(error: unknown, help: string): CmuxError {
  const hint = `Run \`${help}\`.`
  if (isCmuxError(error)) return error.code === 'usage' ? unwrapUsage(error, hint) : error
  if (error instanceof Errors.CLIError) {
    return new CmuxError('usage', parserMessage(error.message, '$1: '), { hint, cause: error })
  }
  const message = error instanceof Error ? error.message : String(error)
  if (isFull(error))
    return new CmuxError('storage-full', `A disk of this machine is full: ${firstLine(message)}`, {
      hint: 'Make room there.',
      cause: error,
    })
  if (isOfTheMachine(error)) return new CmuxError('failed', firstLine(message), { cause: error })
  return new CmuxError('internal', `Unexpected error: ${firstLine(message)}`, {
    hint: 'This is a bug. DEBUG=cmux-pve shows where it comes from.',
    cause: error,
  })
}

/**
 * Makes a check of a service before anything is begun: what it refuses as `invalid` is a mistake in the command line then.
 *
 * @param where the flag, if it is one
 */
export function asUsage(check: () => void, where?: string): void {
  try {
    check()
  } catch (error) {
    if (!isCmuxError(error, 'invalid')) throw error
    const message = where === undefined ? error.message : `${where}: ${error.message}`
    throw new CmuxError('usage', message, { ...(error.hint !== undefined && { hint: error.hint }), cause: error })
  }
}

/** The machine refuses, at a place where it usually does not: a folder that may not be written. */
const OF_THE_MACHINE = new Set(['EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])
const FULL = new Set(['ENOSPC', 'EDQUOT'])

const isOfTheMachine = (error: unknown): boolean => hasCode(error, OF_THE_MACHINE)
const isFull = (error: unknown): boolean => hasCode(error, FULL)

const hasCode = (error: unknown, codes: ReadonlySet<string>): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.has(error.code)

/** Whether DEBUG names this tool (or everything). */
export function isDebugging(environment: Readonly<Record<string, string | undefined>>): boolean {
  return (environment['DEBUG'] ?? '').split(',').some((name) => name === '*' || name.startsWith('cmux-pve'))
}

/** The stack of an error and of its causes, for DEBUG=cmux-pve. */
export function debugText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const stack = error.stack ?? error.message
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${debugText(error.cause)}`
}

/** The parser puts words around the message of a flag that refuses its value. */
function unwrapUsage(error: CmuxError, hint: string): CmuxError {
  return new CmuxError('usage', parserMessage(error.message), {
    hint: error.hint === undefined ? hint : `${error.hint} ${hint}`,
    data: error.data,
    cause: error,
  })
}

const parserMessage = (message: string, before = ''): string =>
  stripVTControlCharacters(message).replace(PARSING, before).replace(SEE_HELP, '')

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text
