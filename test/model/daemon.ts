import type { Clock } from '../../src/lib/clock.js'
import type { OpenPool, RunningPool } from '../../src/lib/pool/open-pool.js'
import type { PoolSettings } from '../../src/lib/pool/settings.js'
import { createPveClient } from '../../src/lib/pve/client.js'
import { seededRandom } from '../../src/lib/simulator/random.js'
import type { Case } from './case.js'
import { type ArmedFault, Life, Wire } from './wire.js'
import { POOL, RANGE, TEMPLATE, TOKEN, type World } from './world.js'

/** Milliseconds between two ticks. */
export const INTERVAL = 10_000

/** A machine that runs one daemon after the other. */
export class Daemon {
  readonly name: string
  /** What the network between this machine and the cluster will do. */
  readonly faults: ArmedFault[] = []
  /** Milliseconds that the machine's clock is wrong. */
  skew = 0
  readonly #world: World
  readonly #given: Case
  readonly #openPool: OpenPool
  #life = new Life()
  #pool: RunningPool | undefined
  #incarnation = 0
  readonly #listeners = new Set<() => void>()

  constructor(world: World, given: Case, options: { readonly index: number; readonly openPool: OpenPool }) {
    this.#world = world
    this.#given = given
    this.#openPool = options.openPool
    this.name = `d${options.index}`
    this.#life.end()
  }

  get alive(): boolean {
    return this.#life.alive
  }

  /** Absent while it is down, or has not come up yet. */
  get pool(): RunningPool | undefined {
    return this.#life.alive ? this.#pool : undefined
  }

  start(): void {
    if (this.#life.alive) return
    const life = new Life()
    this.#life = life
    this.#pool = undefined
    const owner = `${this.name}.${++this.#incarnation}`
    const random = seededRandom(`${this.#given.seed} ${owner}`)
    const clock = this.#clock(life, this.skew)
    const world = this.#world
    const client = createPveClient(
      { url: 'https://pve.model:8006', token: TOKEN, tls: { verify: true } },
      {
        clock,
        transport: new Wire(world, { name: owner, life, faults: this.faults, crash: () => this.crash() }),
        random: random.next,
        operationId: () => random.hex(16),
      },
    )
    const onLog = world.traces
      ? (entry: { message: string }) => world.log(`${owner}: ${JSON.stringify(entry)}`)
      : undefined
    const options = { client, settings: settings(this.#given), clock, random: random.next, owner }
    this.#openPool({ ...options, ...(onLog !== undefined && { onLog }) }).then(
      (pool) => {
        if (!life.alive) return
        this.#pool = pool
        pool.run(new AbortController().signal).then(
          () => world.violated(`${owner} stopped running by itself`),
          (error: unknown) => world.violated(`${owner} stopped running: ${String(error)}`),
        )
      },
      (error: unknown) => {
        // It is started again, as systemd would.
        world.log(`${owner} did not come up: ${String(error)}`)
        if (this.#life === life) life.end()
        void world.clock.sleep(1_000).then(() => this.start())
      },
    )
  }

  /** It is gone in the middle of whatever it does. */
  crash(): void {
    if (!this.#life.alive) return
    this.#world.log(`${this.name}.${this.#incarnation} crashes`)
    this.#life.end()
    this.#pool = undefined
    for (const listener of [...this.#listeners]) listener()
  }

  /** Tells when this run of it dies. */
  onDeath(listener: () => void): void {
    const life = this.#life
    this.#listeners.add(() => {
      if (this.#life === life) listener()
    })
  }

  /** A call of a client: it rejects when the daemon dies before it has answered, or is not there. */
  call<T>(work: (pool: RunningPool) => Promise<T>): Promise<T> {
    const { pool } = this
    if (pool === undefined) return Promise.reject(new NoConnection(false))
    return new Promise((resolve, reject) => {
      const onCrash = () => reject(new NoConnection(true))
      this.#listeners.add(onCrash)
      this.#life
        .guard(work(pool))
        .finally(() => this.#listeners.delete(onCrash))
        .then(resolve, reject)
    })
  }

  #clock(life: Life, skew: number): Clock {
    const { clock } = this.#world
    return {
      now: () => clock.now() + skew,
      sleep: (ms, signal) => (life.alive ? life.guard(clock.sleep(ms, signal)) : new Promise(() => {})),
      after: (ms, action) => clock.after(ms, () => life.alive && action()),
    }
  }
}

/** The daemon was not there, or died before it answered. */
export class NoConnection extends Error {
  override readonly name = 'NoConnection'
  /** Whether it may have done something. */
  readonly sent: boolean

  constructor(sent: boolean) {
    super('no connection')
    this.sent = sent
  }
}

function settings({ policy, nodes }: Case): PoolSettings {
  const full = { ...policy, probe: { kind: 'address' as const } }
  return {
    name: POOL,
    templates: new Map([[TEMPLATE, nodes === 1 ? full : { ...full, nodes: ['pve1', 'pve2'] }]]),
    defaults: full,
    interval: INTERVAL,
    vmids: RANGE,
    hostnamePrefix: 'pool-',
    cloneRetries: { attempts: 3, delay: 1_000, jitter: 500 },
  }
}
