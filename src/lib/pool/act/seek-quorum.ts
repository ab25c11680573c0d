import { isCmuxError } from '../../errors.js'
import type { Member } from '../member.js'
import type { ActContext } from './act-context.js'

/** Milliseconds between two looks for a quorum that is lost. */
export const QUORUM_PAUSE = 5_000

/**
 * Finds out whether a lost quorum is back: asks the cluster, and where the token may not (Sys.Audit on `/`) writes to a protected
 * container what is in it already. Answers whether it could find out: if not, one change has to be tried.
 */
export async function seekQuorum(context: ActContext): Promise<boolean> {
  const { client, quorum, view, records } = context
  try {
    if ((await client.cluster.status()).quorate) quorum.isThere()
    return true
  } catch (error) {
    context.signal.throwIfAborted()
    if (!isCmuxError(error, 'forbidden')) return surviving(error)
  }
  const member = view.all().filter(isTouchable).toSorted(readyFirst)[0]
  if (member === undefined) return false
  try {
    await records.touch(member)
  } catch (error) {
    context.signal.throwIfAborted()
    // Somebody else wrote to it, or it is gone: what is there now is read before the next look.
    if (!isCmuxError(error, 'unavailable')) await records.read(member).catch(() => undefined)
    return surviving(error)
  }
  return true
}

/** No answer is no quorum. */
function surviving(error: unknown): true {
  if (isCmuxError(error)) return true
  throw error
}

const isTouchable = ({ record, protection, lock, digest }: Member): boolean =>
  protection && lock === undefined && digest !== '' && (record.state === 'ready' || record.state === 'claimed')

const readyFirst = (a: Member, b: Member): number => rank(a) - rank(b) || a.vmid - b.vmid

const rank = ({ record }: Member): number => (record.state === 'ready' ? 0 : 1)
