import type { OpenPool } from '../../src/lib/pool/open-pool.js'
import { Adversary, isRemains, stuckLocks, unlock } from './adversary.js'
import { problemsAtRest } from './at-rest.js'
import type { Case, ClientStep, Step } from './case.js'
import { Clients } from './clients.js'
import { Daemon, INTERVAL } from './daemon.js'
import { World } from './world.js'

const DAEMONS = 3
/** Until whatever is late, or waited for, has come or is given up. */
const AFTERMATH = 180_000
/** The longest time bound of a state that somebody left behind, and the ticks in which it is noticed. */
const LEFT_BEHIND = 200_000

export interface Outcome {
  /** Absent: all is well. */
  readonly violation?: string
  readonly ends: Clients['ends']
  readonly requests: number
}

/** Runs a case. `trace` gets a line for everything that happens. */
export async function runCase(
  given: Case,
  options: { readonly openPool: OpenPool; readonly trace?: string[] },
): Promise<Outcome> {
  const world = await World.open(given, options.trace)
  const daemons = Array.from(
    { length: DAEMONS },
    (_, index) => new Daemon(world, given, { index, openPool: options.openPool }),
  )
  const clients = new Clients(world, daemons)
  const adversary = new Adversary(world, daemons)
  const stray = (error: unknown) =>
    world.violated(`a rejection that nobody handles: ${error instanceof Error ? error.stack : String(error)}`)
  process.on('unhandledRejection', stray)
  try {
    for (const daemon of daemons) daemon.start()
    for (const step of given.steps) {
      await pass(world, step.wait)
      if (world.violation !== undefined) break
      if (isOfClient(step)) clients.act(step)
      else adversary.act(step)
    }
    await comeToRest(world, { given, daemons, clients, adversary })
    for (const daemon of daemons) daemon.crash()
    await world.cluster.close()
  } finally {
    process.off('unhandledRejection', stray)
  }
  const { violation, requests } = world
  return { ends: clients.ends, requests, ...(violation !== undefined && { violation: violation.message }) }
}

async function comeToRest(
  world: World,
  parts: { given: Case; daemons: readonly Daemon[]; clients: Clients; adversary: Adversary },
): Promise<void> {
  const { given, daemons, clients, adversary } = parts
  await pass(world, 1)
  world.log('--- faults end ---')
  adversary.calm()
  await pass(world, AFTERMATH)
  logStatus(world, daemons)
  checkAlarms(world, daemons)
  unlock(world)
  await pass(world, LEFT_BEHIND)
  await pass(world, 2 * INTERVAL + 5_000)
  if (world.violation !== undefined) return
  logStatus(world, daemons)
  if (clients.open > 0) world.violated(`${clients.open} requests were never answered`)
  for (const problem of problemsAtRest(world, given, clients, daemons)) world.violated(`at rest: ${problem}`)
}

function logStatus(world: World, daemons: readonly Daemon[]): void {
  for (const { name, pool } of daemons) world.log(`${name}: ${JSON.stringify(pool?.status())}`)
}

/** A lock that nothing will remove is named to whoever can. */
function checkAlarms(world: World, daemons: readonly Daemon[]): void {
  for (const { vmid } of stuckLocks(world)) {
    const config = world.entry(vmid)?.config
    if (config === undefined || isRemains(config)) continue
    const isNamed = daemons.some(({ pool }) => pool?.status().alarms.some((alarm) => alarm.vmid === vmid))
    if (!isNamed) world.violated(`the lock of ${vmid} stays for ever, and no daemon says so`)
  }
}

/** Lets time pass, unless it is all over. */
async function pass(world: World, ms: number): Promise<void> {
  let left = ms
  while (left > 0 && world.violation === undefined) {
    const part = Math.min(left, 1_000)
    await world.clock.advance(part)
    left -= part
  }
}

const isOfClient = (step: Step): step is Step & ClientStep =>
  ['allocate', 'release', 'remove', 'renew', 'tenant'].includes(step.do)
