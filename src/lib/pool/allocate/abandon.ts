import { isCmuxError } from '../../errors.js'
import type { PoolContext } from '../context.js'
import type { Member } from '../member.js'
import type { RecordChange } from '../next-record.js'
import type { Records } from '../records.js'
import type { Supply } from '../supply.js'

/** A claim that this daemon wrote, or may have written. */
export interface OwnClaim {
  readonly id: string
  readonly instanceId: string
  /** Of the record that was written with it. Whoever touched it since has a claim of its own on it. */
  readonly generation: number
  /** Of the configuration that the claim was bound to. */
  readonly digest: string
}

/**
 * Ends a claim of ours that nobody was answered with, whether or not its write was carried out, or will be:
 * - `ended`: it stood as we wrote it, and is given back (or what `change` says)
 * - `settled`: the container was as before the claim. A write that is still on its way could land later (PVE-FACTS 9), so another write went before it,
 *   which changes the digest that the late one is bound to. The generation makes sure that no two configurations are ever alike. Or it is somebody
 *   else's now, or will be taken care of by whoever changed it.
 * - `again`: that is not settled yet.
 */
export async function abandon(
  { records }: Pick<PoolContext, 'records'>,
  supply: Supply,
  member: Member,
  claim: OwnClaim,
  change: RecordChange = { state: 'releasing' },
): Promise<'ended' | 'settled' | 'again'> {
  const now = await records.read(member)
  if (now === undefined) return 'settled'
  const { record } = now
  const isOurs = record.claim?.id === claim.id
  if (isOurs ? record.generation !== claim.generation : now.digest !== claim.digest) return 'settled'
  const asItIs = { state: record.state, ...(record.reason !== undefined && { reason: record.reason }) }
  const changed = await changeOf(records, now, isOurs ? change : asItIs)
  if (changed === undefined) return 'again'
  if (changed.record.state === 'releasing') supply.recycle(changed)
  return isOurs ? 'ended' : 'settled'
}

/** Undefined: somebody was faster, before or just after, or it is locked by somebody's snapshot or backup. */
async function changeOf(records: Records, member: Member, change: RecordChange): Promise<Member | undefined> {
  try {
    return await records.change(member, change)
  } catch (error) {
    if (isCmuxError(error, 'changed', 'locked')) return undefined
    throw error
  }
}
