import { CmuxError } from '../errors.js'

/** Fails the step unless it is as it should be. */
export function insist(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new CmuxError('failed', otherwise)
}
