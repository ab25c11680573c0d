import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { parse } from 'dotenv'
import { z } from 'zod'
import { type Random, seededRandom } from '../../src/lib/simulator/random.js'
import { type CustomerFigures, Customers } from './customers.js'
import { DaemonHttp } from './daemon-http.js'
import { Operator } from './operator.js'
import { TOOL, ToolProcess } from './process.js'

type Environment = Readonly<Record<string, string>>

const run = promisify(execFile)
const TEMPLATE = 9000
const DAEMONS = 3
const POLICY = { POOL_MIN_SIZE: '5', POOL_TARGET_SIZE: '10', POOL_MAX_SIZE: '40', REPLENISH_INTERVAL_SECONDS: '1' }

/** What goes wrong inside each simulator that is started, counted anew: answers lost before and after the deed, refusals, a lost quorum. */
const CONFIG = 'PUT /nodes/*/lxc/*/config'
const CLONE = 'POST /nodes/*/lxc/*/clone'
const FAULTS = [
  { on: CONFIG, nth: 11, do: 'drop-answer' },
  { on: CONFIG, nth: 37, do: 'drop-before' },
  { on: CONFIG, nth: 53, do: '596-late', ms: 700 },
  { on: CONFIG, nth: 90, do: '596' },
  { on: CLONE, nth: 4, do: 'drop-answer' },
  { on: CLONE, nth: 15, do: 'lose-quorum', ms: 1_500 },
  { on: 'task:vzclone', nth: 9, do: 'fail', message: 'clone failed: command timed out' },
  { on: 'step:vzrollback.*', nth: 6, do: 'kill-worker' },
  { on: 'POST /nodes/*/lxc/*/status/start', nth: 6, do: 'fail', message: 'start failed' },
  { on: 'GET /nodes/*/lxc/*/status/current', nth: 25, do: 'drop-before' },
  { on: 'GET /cluster/resources', nth: 13, do: 'delay', ms: 2_500 },
]

export interface BoxOptions {
  /** Milliseconds of trouble. */
  readonly duration: number
  readonly clients: number
  readonly seed: number
  readonly print?: (line: string) => void
}

export interface BoxReport {
  readonly problems: readonly string[]
  readonly figures: CustomerFigures
  /** Locks of a killed simulator that somebody had to remove, as the daemons' alarms say. */
  readonly unlocked: number
  /** What was done to the processes, by kind. */
  readonly troubles: Readonly<Record<string, number>>
  /** Bytes: what the daemon that is never killed took at most in the first half, and at the end. */
  readonly memory: { readonly early: number; readonly late: number }
}

/** Three daemons, a simulator and many clients, each a process or a connection of its own, with everything being killed now and then. */
export async function runBox({ duration, clients, seed, print = () => {} }: BoxOptions): Promise<BoxReport> {
  const folder = mkdtempSync(join(tmpdir(), 'cmux-box-'))
  const random = seededRandom(seed)
  const problems: string[] = []
  const simulator = await startSimulator(folder, print)
  const environment = { ...parse(readFileSync(join(folder, 'sim.env'))), ...POLICY }
  const ports = await freePorts(DAEMONS)
  const daemons = ports.map(
    (port, index) =>
      new ToolProcess({
        argv: ['pool', 'serve'],
        env: {
          ...environment,
          POOL_PORT: String(port),
          XDG_CACHE_HOME: folder,
          HOME: folder,
          NODE_OPTIONS: SHORT_OF_MEMORY,
        },
        cwd: folder,
        onLine: (line) => print(`daemon ${index}: ${line}`),
      }),
  )
  const doors = ports.map((port) => new DaemonHttp(port))
  const operator = new Operator(doors, environment)
  const closing = new AbortController()
  try {
    for (const daemon of daemons) daemon.start()
    await Promise.all(doors.map((door) => healthy(door)))
    const watch = operator.watch(closing.signal)
    const customers = new Customers(doors, { random, template: TEMPLATE })
    const over = new AbortController()
    const lives = Array.from({ length: clients }, () => customers.live(over.signal))
    const onKill = (index: number) => doors[index] !== undefined && customers.lost(doors[index])
    const trouble = await makeTrouble({ simulator, daemons, random, duration, print, onKill })
    over.abort()
    await Promise.all(lives)
    await customers.settle()
    problems.push(...customers.problems, ...(await atRest(doors, environment)), ...grown(trouble.memory))
    closing.abort()
    await watch
    for (const [index, daemon] of daemons.entries()) {
      if (daemon.ownEnds > 0) problems.push(`daemon ${index} ended by itself ${daemon.ownEnds} times`)
      const code = await daemon.end()
      if (code !== 0) problems.push(`daemon ${index} ended with ${code} after SIGTERM`)
    }
    return { problems, figures: customers.figures, unlocked: operator.unlocked, ...trouble }
  } finally {
    closing.abort()
    await Promise.all(daemons.map((daemon) => daemon.kill()))
    await simulator.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startSimulator(folder: string, print: (line: string) => void): Promise<ToolProcess> {
  const [port, ssh] = await freePorts(2)
  const words = ['--port', String(port), '--ssh-port', String(ssh), '--latency', 'instant', '--storage', 'btrfs']
  const faults = join(folder, 'faults.json')
  writeFileSync(faults, JSON.stringify(FAULTS))
  const files = ['--state', join(folder, 'sim.state'), '--env-file', join(folder, 'sim.env'), '--faults', faults]
  const simulator = new ToolProcess({
    argv: ['sim', 'serve', '--seed', '1', ...words, ...files],
    env: { HOME: folder, XDG_CACHE_HOME: folder },
    cwd: folder,
    onLine: (line) => print(`simulator: ${line}`),
  })
  simulator.start()
  for (let look = 0; look < 200; look++) {
    await pause(50)
    try {
      if (parse(readFileSync(join(folder, 'sim.env')))['PVE_API_URL'] !== undefined) return simulator
    } catch {
      // Not written yet.
    }
  }
  await simulator.kill()
  throw new Error('the simulator did not start')
}

interface Surroundings {
  readonly simulator: ToolProcess
  readonly daemons: readonly ToolProcess[]
  readonly random: Random
  readonly duration: number
  readonly print: (line: string) => void
  /** Told which daemon was killed. */
  readonly onKill: (index: number) => void
}

/** Kills and holds what runs, for as long as it lasts; the first daemon is only held, so that its memory can be watched. */
async function makeTrouble(surroundings: Surroundings): Promise<Pick<BoxReport, 'troubles' | 'memory'>> {
  const { simulator, daemons, random, duration, print, onKill } = surroundings
  const [watched, ...others] = daemons
  const troubles: Record<string, number> = {}
  const deeds: Readonly<Record<string, () => Promise<void>>> = {
    'kill a daemon': async () => {
      const daemon = random.pick(others)
      await daemon.kill()
      onKill(daemons.indexOf(daemon))
      await pause(random.integer(0, 2_000))
      daemon.start()
    },
    'hold a daemon': async () => {
      const daemon = random.pick(daemons)
      daemon.stop()
      await pause(random.integer(100, 4_000))
      daemon.goOn()
    },
    'kill the simulator': async () => {
      await simulator.kill()
      await pause(random.integer(0, 1_500))
      simulator.start()
    },
    'hold the simulator': async () => {
      simulator.stop()
      await pause(random.integer(100, 3_000))
      simulator.goOn()
    },
  }
  const began = performance.now()
  let early = 0
  let passed = 0
  while (passed < duration) {
    await pause(random.integer(200, 2_500))
    const name = random.pick(Object.keys(deeds))
    print(`--- ${name}`)
    await deeds[name]?.()
    troubles[name] = (troubles[name] ?? 0) + 1
    passed = performance.now() - began
    if (passed < duration / 2) early = Math.max(early, watched?.memory ?? 0)
  }
  return { troubles, memory: { early, late: watched?.memory ?? 0 } }
}

const instances = z.object({ data: z.array(z.object({ vmid: z.number() })) })
const listing = z.object({
  containers: z.array(z.object({ vmid: z.number(), state: z.string(), instance_id: z.string().nullish() })),
})

/** Once nothing happens any more: what every daemon sees is what the node has, and nothing is lost. */
async function atRest(doors: readonly DaemonHttp[], environment: Environment): Promise<readonly string[]> {
  let problems: readonly string[] = []
  for (let look = 0; look < 60; look++) {
    await pause(1_000)
    const there = await containersOf(environment)
    problems = [...new Set((await Promise.all(doors.map((door) => problemsOf(door, there)))).flat())]
    if (problems.length === 0) break
  }
  return problems
}

/** What the simulator has besides its template, asked without any daemon. */
async function containersOf(environment: Environment): Promise<ReadonlySet<number>> {
  const { stdout } = await run(process.execPath, ['--', TOOL, 'instance', 'list', '--json'], {
    env: { PATH: process.env['PATH'], ...environment },
  })
  return new Set(instances.parse(JSON.parse(stdout)).data.map(({ vmid }) => vmid))
}

async function problemsOf(door: DaemonHttp, there: ReadonlySet<number>): Promise<readonly string[]> {
  const answer = await door.call('GET', '/containers').catch((error: unknown) => String(error))
  if (typeof answer === 'string') return [`at rest: ${answer}`]
  const parsed = listing.safeParse(answer.body)
  if (!parsed.success) return [`at rest: GET /containers answers ${JSON.stringify(answer.body).slice(0, 300)}`]
  const { containers } = parsed.data
  const ready = containers.filter(({ state }) => state === 'ready').length
  const known = new Set(containers.map(({ vmid }) => vmid))
  return [
    ...containers.flatMap(({ vmid, state, instance_id }) =>
      state === 'ready' ? [] : [`at rest: ${vmid} is ${state}${instance_id ? ` by ${instance_id}` : ''}`],
    ),
    // More than the target are ready when many waited for them before.
    ...(ready < Number(POLICY.POOL_TARGET_SIZE) ? [`at rest: only ${ready} are ready`] : []),
    ...(ready > Number(POLICY.POOL_MAX_SIZE) ? [`at rest: ${ready} are ready`] : []),
    ...[...there].flatMap((vmid) => (known.has(vmid) ? [] : [`at rest: no daemon accounts for ${vmid}`])),
    ...[...known].flatMap((vmid) => (there.has(vmid) ? [] : [`at rest: ${vmid} is not there`])),
  ]
}

/** What a daemon takes in its first minutes may vary with what it meets; it must not go on growing. */
/** V8 lets garbage lie until memory gets short. Where it is, what has been taken is what is kept, and whoever keeps too much ends. */
const SHORT_OF_MEMORY = '--max-old-space-size=64'

const grown = ({ early, late }: BoxReport['memory']): readonly string[] =>
  late > 1.25 * early ? [`the memory of a daemon has grown from ${early} to ${late} bytes`] : []

async function healthy(door: DaemonHttp): Promise<void> {
  for (let look = 0; look < 200; look++) {
    const answer = await door.call('GET', '/health').catch(() => undefined)
    if (answer?.status === 200) return
    await pause(50)
  }
  throw new Error('a daemon did not come up')
}

/** Ports that nobody listens on now. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            resolve(typeof address === 'object' && address !== null ? address.port : 0)
          })
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
