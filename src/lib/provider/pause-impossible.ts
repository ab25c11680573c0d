import type { Blocker } from '../criu/preflight-report.js'
import { CmuxError, isCmuxError } from '../errors.js'

/** CRIU cannot put a sandbox to sleep: it runs on, and `blockers` says why, each with its remedy where there is one. */
export class PauseImpossible extends CmuxError {
  readonly blockers: readonly Blocker[]

  constructor(cause: CmuxError, blockers: readonly Blocker[], wayOut: string) {
    super('unsupported', cause.message, {
      hint: cause.hint === undefined ? wayOut : `${cause.hint}\n${wayOut}`,
      data: cause.data,
      cause,
    })
    this.blockers = blockers
  }
}

/**
 * The error of a checkpoint that was refused before anything was frozen as one with a type; undefined: it is another one.
 *
 * @param wayOut what can be done without CRIU
 */
export function pauseImpossible(error: unknown, wayOut: string): PauseImpossible | undefined {
  if (!isCmuxError(error, 'unsupported')) return undefined
  const { data } = error
  const blockers = typeof data === 'object' && data !== null && 'blockers' in data ? data.blockers : undefined
  return Array.isArray(blockers) ? new PauseImpossible(error, blockers, wayOut) : undefined
}
