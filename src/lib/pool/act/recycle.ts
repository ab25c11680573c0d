import { isCmuxError } from '../../errors.js'
import type { Member } from '../member.js'
import type { PoolRecord } from '../record.js'
import { POOL_TAG } from '../record-tags.js'
import type { ActContext } from './act-context.js'
import { afterBoot } from './after-boot.js'
import { Overtaken } from './overtaken.js'
import { taskEnd } from './task-end.js'

/** What a recycling leads to: the ready container, or that it cannot be proved clean and has to go. */
export type Recycled = { readonly ready: Member } | { readonly unclean: string }

/** Makes a released container ready again, by what its template's policy says. Only the run that released it may. */
export async function recycle(context: ActContext, member: Member): Promise<Recycled> {
  const { records, policyOf, owner } = context
  await afterBoot(context, member.node)
  const now = await records.look(member)
  if (now === undefined || !isSame(now.record, member.record, owner) || now.lock !== undefined)
    throw new Overtaken(member.vmid)
  const policy = policyOf(member.record.template)?.release
  if (policy === 'reuse') return reuse(context, now)
  const { pristine } = now.record
  if (pristine === undefined) return { unclean: 'it has no pristine snapshot' }
  return rollBack(context, now, pristine)
}

async function rollBack(context: ActContext, member: Member, pristine: string): Promise<Recycled> {
  const { client, writes, records, owner } = context
  const snapshot = (await client.snapshots.list(member)).find(({ name }) => name === pristine)
  if (snapshot === undefined || snapshot.snapstate !== undefined) return { unclean: `snapshot ${pristine} is gone` }
  try {
    const upid = await writes.run(member.node, () => client.snapshots.rollback(member, pristine))
    await taskEnd(context, upid, 'rollback')
  } catch (error) {
    if (isCmuxError(error, 'conflict', 'unsupported', 'not-found')) return { unclean: error.message }
    throw error
  }
  const now = await records.look(member)
  if (now === undefined || !isSame(now.record, member.record, owner)) throw new Overtaken(member.vmid)
  const doubt = await whatIsWrong(context, now, pristine)
  return doubt === undefined ? makeReady(context, now) : { unclean: doubt }
}

/**
 * The proof that it is clean. A rollback reverts tags (PVE-FACTS 3.8): had none happened since the release, they would still say `releasing`. What the
 * snapshot does not know of, such as a disk that was added, stays as `unusedN`.
 */
async function whatIsWrong({ client }: ActContext, now: Member, pristine: string): Promise<string | undefined> {
  if (now.running !== false) return 'it runs after it was rolled back'
  if (now.lock !== undefined) return `it is locked (${now.lock}) after it was rolled back`
  if (now.parent !== pristine) return `it does not descend from snapshot ${pristine}`
  if (!now.tags.includes(POOL_TAG) || now.tags.includes('cmux-releasing'))
    return 'its tags show that it was not rolled back'
  const { options, digest } = await client.containers.config(now)
  if (digest !== now.digest) throw new Overtaken(now.vmid)
  const unused = Object.keys(options).find((key) => /^unused\d+$/.test(key))
  return unused === undefined ? undefined : `a disk was left behind (${unused})`
}

/** The original's way, which has to be asked for: what the last one left in it stays. */
async function reuse(context: ActContext, member: Member): Promise<Recycled> {
  const { client, writes, records, owner } = context
  let now: Member | undefined = member
  if (member.running !== false) {
    const upid = await writes.run(member.node, () =>
      client.containers.shutdown(member, { timeout: 20, forceStop: true }),
    )
    await taskEnd(context, upid, 'shutdown')
    now = await records.look(member)
  }
  if (now === undefined || !isSame(now.record, member.record, owner)) throw new Overtaken(member.vmid)
  return now.running === false ? makeReady(context, now) : { unclean: 'it does not stop' }
}

async function makeReady({ records, settings }: ActContext, member: Member): Promise<Recycled> {
  const ready = await records.change(
    member,
    { state: 'ready', tier: { kind: 'stopped' } },
    { hostname: `${settings.hostnamePrefix}${member.vmid}` },
  )
  if (ready === undefined) throw new Overtaken(member.vmid)
  return { ready }
}

const isSame = (now: PoolRecord, before: PoolRecord, owner: string): boolean =>
  now.state === 'releasing' && now.owner === owner && now.generation === before.generation
