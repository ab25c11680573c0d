/** What went wrong, in one word. The closed set is part of the `--json` contract. */
export type ErrorCode =
  | 'failed'
  | 'usage'
  | 'declined'
  | 'not-configured'
  | 'unauthorised'
  | 'forbidden'
  | 'not-found'
  | 'ambiguous'
  | 'exists'
  | 'locked'
  | 'in-use'
  | 'changed'
  | 'conflict'
  | 'invalid'
  | 'unsupported'
  | 'untrusted'
  | 'unavailable'
  | 'storage-full'
  | 'exhausted'
  | 'draining'
  | 'task-failed'
  | 'timeout'
  | 'interrupted'
  | 'internal'

/** The process exit code of each error code (DESIGN section 4). */
const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  failed: 1,
  usage: 2,
  declined: 3,
  'not-configured': 4,
  unauthorised: 4,
  forbidden: 4,
  'not-found': 5,
  ambiguous: 6,
  exists: 6,
  locked: 6,
  'in-use': 6,
  changed: 6,
  conflict: 6,
  invalid: 1,
  unsupported: 1,
  untrusted: 4,
  unavailable: 1,
  'storage-full': 1,
  exhausted: 6,
  draining: 6,
  'task-failed': 1,
  timeout: 124,
  interrupted: 130,
  internal: 1,
}

/** The process exit code of an error code. */
export const exitCodeOf = (code: ErrorCode): number => EXIT_CODES[code]

/** Whether a word from elsewhere is one of ours. */
export const isErrorCode = (word: string): word is ErrorCode => Object.hasOwn(EXIT_CODES, word)

/** A Proxmox task as an error shows it. */
export interface FailedTask {
  readonly upid: string
  readonly node: string
  readonly exitStatus?: string
  /** The last lines of the task's log. */
  readonly log: readonly string[]
}

export interface ErrorDetails {
  /** What the reader can do about it: one sentence. */
  readonly hint?: string
  readonly task?: FailedTask
  /** What is known or was done in spite of the failure, for programs: `data` beside `error` in the JSON envelope. */
  readonly data?: unknown
  readonly cause?: unknown
  /** Overrides the exit code that belongs to the error code, e.g. 143 for SIGTERM. */
  readonly exitCode?: number
}

/** Every error that this product throws on purpose: a code for programs, a sentence and a hint for people. */
export class CmuxError extends Error {
  override readonly name = 'CmuxError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly task: FailedTask | undefined
  readonly data: unknown
  readonly exitCode: number

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.task = details.task
    this.data = details.data
    this.exitCode = details.exitCode ?? EXIT_CODES[code]
  }
}

/** Whether `error` is a CmuxError, optionally with one of the given codes. */
export function isCmuxError(error: unknown, ...codes: readonly ErrorCode[]): error is CmuxError {
  return error instanceof CmuxError && (codes.length === 0 || codes.includes(error.code))
}
