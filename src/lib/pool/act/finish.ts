import { isCmuxError } from '../../errors.js'
import type { Member } from '../member.js'
import type { ActContext } from './act-context.js'
import { Overtaken } from './overtaken.js'
import { taskEnd } from './task-end.js'

/** How the names of pristine snapshots begin. Each has its own, so that a late rollback to one can never meet another container. */
const PRISTINE = 'cmux-pristine-'

/** Carries a fill on from the clone to a ready container: label, snapshot while it is stopped, ready. Whoever does that owns it from the first write on. */
export async function finishFill(context: ActContext, member: Member): Promise<Member> {
  const { records } = context
  // The answer to the clone may have come so late that the fill was carried on meanwhile, and somebody has the container.
  if (member.record.state !== 'filling' || member.record.tier.kind !== 'stopped') throw new Overtaken(member.vmid)
  const labelled = await records.write(member, { state: 'filling' })
  const pristine = await takePristine(context, member)
  if (context.view.isOlderThanBoot(member)) throw new Overtaken(member.vmid, 'its node has booted')
  const [now] = await Promise.all([
    records.look(member),
    pristine === undefined ? undefined : checkWhole(context, member, pristine),
  ])
  if (now === undefined || now.record.generation !== labelled.generation || now.record.owner !== context.owner)
    throw new Overtaken(member.vmid)
  if (!now.whole) throw new Overtaken(member.vmid, 'its clone was never completed')
  if (now.running !== false) throw new Overtaken(member.vmid, 'it was started before it was ready')
  if (now.lock !== undefined || (pristine !== undefined && now.parent !== pristine))
    throw new Overtaken(member.vmid, 'somebody else works on it')
  const ready = await records.change(now, {
    state: 'ready',
    tier: { kind: 'stopped' },
    ...(pristine !== undefined && { pristine }),
  })
  if (ready === undefined) throw new Overtaken(member.vmid)
  return ready
}

/** The name of the snapshot; undefined when nobody needs one, or the storage has none. */
async function takePristine(context: ActContext, member: Member): Promise<string | undefined> {
  const { client, writes, random, policyOf, unable } = context
  const { template } = member.record
  if (policyOf(template)?.release !== 'rollback' || unable.snapshot.has(template)) return undefined
  const name = `${PRISTINE}${Math.floor(random() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0')}`
  try {
    const description = 'As the pool made it. Released containers go back to this.'
    const upid = await writes.run(member.node, () => client.snapshots.create(member, name, { description }))
    await taskEnd(context, upid, 'snapshot')
  } catch (error) {
    if (!isCmuxError(error, 'unsupported')) throw error
    unable.snapshot.add(template)
    context.log({
      level: 'warn',
      message: `The storage of template ${template} has no snapshots: released containers are destroyed`,
    })
    return undefined
  }
  return name
}

async function checkWhole({ client }: ActContext, member: Member, name: string): Promise<void> {
  const taken = (await client.snapshots.list(member)).find((snapshot) => snapshot.name === name)
  if (taken === undefined || taken.snapstate !== undefined)
    throw new Overtaken(member.vmid, `snapshot ${name} is not whole`)
}
