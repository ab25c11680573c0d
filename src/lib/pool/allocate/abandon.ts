import { isCmuxError } from '../../errors.js'
import type { PoolContext } from '../context.js'
import type { Member } from '../member.js'
import type { RecordChange } from '../next-record.js'
import type { Supply } from '../supply.js'

/** A claim that this daemon wrote, or may have written. */
export interface OwnClaim {
  readonly id: string
  /** Of the record that was written with it. Whoever touched it since has a claim of its own on it. */
  readonly generation: number
  /** Of the configuration that the claim was bound to. */
  readonly digest: string
}

/**
 * Ends a claim of ours that nobody was answered with, whether or not its write was carried out, or will be. Answers whether it is settled for good:
 * - it stands as we wrote it: it is given back (or what `change` says)
 * - the container is as before the claim: a write that is still on its way could land later (PVE-FACTS 9), so another write goes before it,
 *   which changes the digest that the late one is bound to. The generation makes sure that no two configurations are ever alike.
 * - anything else: it is somebody else's now, or will be taken care of by whoever changed it.
 */
export async function abandon(
  { records }: Pick<PoolContext, 'records'>,
  supply: Supply,
  member: Member,
  claim: OwnClaim,
  change: RecordChange = { state: 'releasing' },
): Promise<boolean> {
  const now = await records.read(member)
  if (now === undefined) return true
  const { record } = now
  if (record.claim?.id === claim.id) {
    if (record.generation !== claim.generation) return true
    return succeeded(async () => {
      const changed = await records.change(now, change)
      if (changed?.record.state === 'releasing') supply.recycle(changed)
    })
  }
  if (now.digest !== claim.digest) return true
  return succeeded(async () => {
    await records.change(now, { state: record.state, ...(record.reason !== undefined && { reason: record.reason }) })
  })
}

/** Somebody was faster: look again. Locked by somebody's snapshot or backup: later. */
async function succeeded(write: () => Promise<void>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    if (isCmuxError(error, 'changed', 'locked')) return false
    throw error
  }
}
