import type { OpenPool } from '../../src/lib/pool/open-pool.js'
import { Adversary, isIdle, isRemains, stuckLocks, unlock } from './adversary.js'
import { problemsAtRest } from './at-rest.js'
import type { Case, ClientStep, Step } from './case.js'
import { Clients } from './clients.js'
import { Daemon, INTERVAL } from './daemon.js'
import { World } from './world.js'

const DAEMONS = 3
/** Until whatever is late, or waited for, has come or is given up. */
const AFTERMATH = 180_000
/** Milliseconds between two looks at whether that has come. */
const LOOK = 5_000
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

interface Cast {
  readonly given: Case
  readonly daemons: readonly Daemon[]
  readonly clients: Clients
  readonly adversary: Adversary
}

/** Each wait ends as soon as what it is for has come; when it does not come in time, what is missing says why. */
async function comeToRest(world: World, cast: Cast): Promise<void> {
  const { given, daemons, clients, adversary } = cast
  await pass(world, 1)
  world.log('--- faults end ---')
  adversary.calm()
  // Whom the last of them strikes down is started again.
  await pass(world, 1_000)
  adversary.calm()
  const nodes = [...world.cluster.nodes.values()]
  const isOver = () =>
    nodes.every(({ online }) => online) &&
    clients.open === 0 &&
    world.late === 0 &&
    isIdle(world) &&
    [...unnamedLocks(world, daemons)].length === 0
  await passUntil(world, AFTERMATH, isOver)
  for (const vmid of unnamedLocks(world, daemons)) {
    world.violated(`the lock of ${vmid} stays for ever, and no daemon says so`)
  }
  unlock(world)
  // What has just come back is noticed first.
  await pass(world, 2 * INTERVAL)
  const problems = () => [...problemsAtRest(world, given, clients, daemons)]
  await passUntil(world, LEFT_BEHIND, () => problems().length === 0 && !hasLeases(world))
  await pass(world, 2 * INTERVAL + 5_000)
  for (const { name, pool } of daemons) world.log(`${name}: ${JSON.stringify(pool?.status())}`)
  if (world.violation !== undefined) return
  if (clients.open > 0) world.violated(`${clients.open} requests were never answered`)
  for (const problem of problems()) world.violated(`at rest: ${problem}`)
}

/** Leases end by themselves: only then is there nothing more to come. */
const hasLeases = (world: World): boolean =>
  world.ours().some((vmid) => world.record(vmid)?.claim?.expires !== undefined)

/** Locks that nothing will remove, and that no daemon names to whoever can. */
function* unnamedLocks(world: World, daemons: readonly Daemon[]): Iterable<number> {
  for (const { vmid } of stuckLocks(world)) {
    const config = world.entry(vmid)?.config
    if (config === undefined || isRemains(config)) continue
    const isNamed = daemons.some(({ pool }) => pool?.status().alarms.some((alarm) => alarm.vmid === vmid))
    if (!isNamed) yield vmid
  }
}

async function passUntil(world: World, longest: number, isOver: () => boolean): Promise<void> {
  for (let left = longest; left > 0 && world.violation === undefined && !isOver(); left -= LOOK) await pass(world, LOOK)
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
