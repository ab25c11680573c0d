import type { Member } from '../member.js'
import type { ActContext } from './act-context.js'
import { Overtaken } from './overtaken.js'

/** Takes a container out of service. From then on it is nobody's, and this run recycles or destroys it. */
export async function retire(context: Pick<ActContext, 'records'>, member: Member, destroy: boolean): Promise<Member> {
  const now = await context.records.change(member, { state: 'releasing', ...(destroy && { destroy: true }) })
  if (now === undefined) throw new Overtaken(member.vmid)
  return now
}

/**
 * Ends a claim. The write is bound to what was read: whoever renewed it in between keeps it. `kept`: the other container that its instance holds; what is
 * known of that may be old, so it is read again first.
 */
export async function expire(context: Pick<ActContext, 'records'>, member: Member, kept?: Member): Promise<Member> {
  if (kept !== undefined) {
    const now = await context.records.read(kept)
    if (now?.record.claim?.id !== kept.record.claim?.id)
      throw new Overtaken(member.vmid, 'it is the only one of its instance')
  }
  return retire(context, member, false)
}
