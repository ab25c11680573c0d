import type { Member } from '../member.js'
import type { ActContext } from './act-context.js'
import { Overtaken } from './overtaken.js'

/** Takes a container out of service. From then on it is nobody's, and this run recycles or destroys it. */
export async function retire(context: ActContext, member: Member, destroy: boolean): Promise<Member> {
  const now = await context.records.change(member, { state: 'releasing', ...(destroy && { destroy: true }) })
  if (now === undefined) throw new Overtaken(member.vmid)
  return now
}

/** Ends a lease. The write is bound to what was read: whoever renewed it in between keeps it. */
export const expire = (context: ActContext, member: Member): Promise<Member> => retire(context, member, false)
