import { isCmuxError } from '../../errors.js'
import type { Member } from '../member.js'
import { POOL_TAG } from '../record-tags.js'
import type { ActContext } from './act-context.js'
import { Overtaken } from './overtaken.js'
import { taskEnd } from './task-end.js'

/** Key of the alarm that Proxmox refuses to destroy a container. */
export const destroyAlarm = (vmid: number): string => `destroy:${vmid}`

/**
 * Destroys a member. It was seen once to be ours; it is marked, which fails if it is no longer what was seen; it is seen a second time,
 * mark and all, and only then deleted. Ready and claimed ones are protected, and Proxmox refuses to delete a protected container: a late
 * delete can only meet one that was marked.
 */
export async function destroy(context: ActContext, member: Member): Promise<void> {
  const { client, records, writes, vmids, view, signal } = context
  const marked = await mark(context, member)
  await context.destroys(async () => {
    signal.throwIfAborted()
    // Only now: while it waited for its turn, somebody may have taken the container for himself.
    const seenAgain = await records.look(marked)
    if (seenAgain === undefined || !isProvablyOurs(context, seenAgain, marked)) throw new Overtaken(member.vmid)
    try {
      const force = seenAgain.running !== false
      const upid = await writes.run(member.node, () => client.containers.remove(seenAgain, { force }))
      await taskEnd(context, upid, 'destroy')
    } catch (error) {
      if (!isCmuxError(error, 'not-found')) throw error
    }
    vmids.rest(member.vmid)
    if ((await records.read(seenAgain)) === undefined) view.forget(member.vmid)
  })
}

/** The mark of a daemon that died does not do: whoever destroys has written it himself. */
async function mark({ records, owner }: ActContext, member: Member): Promise<Member> {
  const { record, protection, tags } = member
  if (record.destroy === true && record.owner === owner && !protection && tags.includes(POOL_TAG)) return member
  const marked = await records.change(member, { state: 'releasing', destroy: true }, { protection: false })
  if (marked === undefined) throw new Overtaken(member.vmid)
  return marked
}

/** VMID in the range, our tag, a valid record that names this pool and this container (`Records.memberOf`), with our mark. */
function isProvablyOurs({ owner, settings }: ActContext, seen: Member, marked: Member): boolean {
  const { record, vmid } = seen
  return (
    vmid >= settings.vmids.start &&
    vmid <= settings.vmids.end &&
    seen.tags.includes(POOL_TAG) &&
    record.pool === settings.name &&
    record.vmid === vmid &&
    record.state === 'releasing' &&
    record.destroy === true &&
    record.owner === owner &&
    record.generation === marked.record.generation &&
    !seen.protection &&
    seen.lock === undefined
  )
}
