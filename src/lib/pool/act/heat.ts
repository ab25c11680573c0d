import { CmuxError, isCmuxError } from '../../errors.js'
import type { Member } from '../member.js'
import { runState } from '../records.js'
import type { Probe } from '../settings.js'
import type { ActContext } from './act-context.js'
import { Overtaken } from './overtaken.js'
import { taskEnd } from './task-end.js'
import { checkYoungerThanBoot } from './younger-than-boot.js'

/** Milliseconds from the start to a successful probe. */
const PROBE_PATIENCE = 90_000
const PROBE_PAUSE = 250
const PROBE_TIMEOUT = 5_000
/** After a stop a node may still be tearing the container down, and a start right then fails once. */
const START_ATTEMPTS = 3
const START_PAUSE = 1_000

/** Key of the alarm that no container of a template becomes hot. */
export const heatingAlarm = (template: number): string => `heating:${template}`

/** Starts a ready container and waits until its probe succeeds; then it is ready as a hot one. While that lasts nobody can be given it. */
export async function heat(context: ActContext, member: Member): Promise<Member> {
  const { records, clock, client } = context
  await checkYoungerThanBoot(context, member)
  const startedAt = Math.floor(clock.now() / 1000)
  const heating = await records.change(member, { state: 'filling', tier: { kind: 'hot', startedAt } })
  if (heating === undefined) throw new Overtaken(member.vmid)
  await start(context, heating)
  const probe = context.policyOf(member.record.template)?.probe ?? { kind: 'address' }
  await probeUntilReady(context, heating, probe)
  const seen = runState(await client.containers.status(heating), clock.now())
  const now = await records.read(heating, seen)
  if (now === undefined || now.record.generation !== heating.record.generation || now.record.owner !== context.owner)
    throw new Overtaken(member.vmid)
  if (!seen.running) throw new CmuxError('failed', `container ${member.vmid} has stopped while it was probed`)
  const hot = await records.change(now, {
    state: 'ready',
    tier: { kind: 'hot', startedAt: seen.startedAt ?? startedAt },
  })
  if (hot === undefined) throw new Overtaken(member.vmid)
  return hot
}

async function start(context: ActContext, member: Member): Promise<void> {
  const { client, records, writes, clock, signal } = context
  for (let attempt = 1; ; attempt++) {
    try {
      const upid = await writes.run(member.node, () => client.containers.start(member, { once: true }))
      return await taskEnd(context, upid, 'start')
    } catch (error) {
      if (isCmuxError(error, 'unavailable', 'timeout', 'conflict') || attempt === START_ATTEMPTS) throw error
      context.emit({ kind: 'retry', what: 'start' })
      await clock.sleep(START_PAUSE, signal)
      const now = await records.read(member)
      if (now?.record.generation !== member.record.generation || now.record.owner !== context.owner)
        throw new Overtaken(member.vmid)
    }
  }
}

async function probeUntilReady(context: ActContext, member: Member, probe: Probe): Promise<void> {
  const { clock, signal } = context
  const end = clock.steady() + PROBE_PATIENCE
  while (!(await succeeds(context, member, probe))) {
    if (clock.steady() >= end) {
      throw new CmuxError(
        'timeout',
        `container ${member.vmid} was not ready ${PROBE_PATIENCE / 1000} s after its start (${describe(probe)})`,
      )
    }
    await clock.sleep(PROBE_PAUSE, signal)
  }
}

async function succeeds(context: ActContext, member: Member, probe: Probe): Promise<boolean> {
  const { guests, signal } = context
  try {
    if (probe.kind === 'command') {
      if (guests === undefined) throw noWayIn(probe)
      return (await guests.run(member, probe.argv, { timeout: PROBE_TIMEOUT, signal })).exitCode === 0
    }
    const address = await addressOf(context, member)
    if (address === undefined || probe.kind === 'address') return address !== undefined
    if (guests === undefined) throw noWayIn(probe)
    return await guests.connects(address, probe.port, PROBE_TIMEOUT)
  } catch (error) {
    signal.throwIfAborted()
    if (!isCmuxError(error) || isCmuxError(error, 'not-configured')) throw error
    return false
  }
}

/** The first address that can be reached from outside. */
async function addressOf({ client }: ActContext, member: Member): Promise<string | undefined> {
  const interfaces = (await client.containers.interfaces(member)) ?? []
  return interfaces
    .filter(({ name }) => name !== 'lo')
    .flatMap(({ addresses }) => addresses)
    .map(({ address }) => address)
    .find((address) => !/^(?:127\.|169\.254\.|::1$|fe80:)/i.test(address))
}

const describe = (probe: Probe): string =>
  probe.kind === 'tcp'
    ? `TCP port ${probe.port}`
    : probe.kind === 'command'
      ? `command ${probe.argv[0] ?? ''}`
      : 'an address'

const noWayIn = (probe: Probe): CmuxError =>
  new CmuxError('not-configured', `The probe (${describe(probe)}) needs a way into containers`, {
    hint: 'Set PVE_SSH_HOST, or use the probe `address`.',
  })
