import { ApiRouter } from '../../src/lib/simulator/api/router.js'
import { Cluster } from '../../src/lib/simulator/cluster.js'
import type { ConfigEntry } from '../../src/lib/simulator/container-configs.js'
import { addTemplate, TEMPLATE_VMID } from '../../src/lib/simulator/premade.js'
import { type Random, seededRandom } from '../../src/lib/simulator/random.js'
import { defaultStorages } from '../../src/lib/simulator/storage/storage-config.js'
import { VirtualClock } from '../../src/lib/simulator/virtual-clock.js'
import type { Case } from './case.js'
import { type MarkedGuests, markedGuests } from './guests.js'
import { Ledger } from './ledger.js'
import { Moods } from './moods.js'
import { recordIn, type SeenRecord } from './seen-record.js'
import { Sightings } from './sightings.js'

export const TEMPLATE = TEMPLATE_VMID
export const TOKEN = { id: 'root@pam!model', secret: '00000000-0000-4000-8000-000000000000' }
/** The pool's own range. */
export const RANGE = { start: 200, end: 279 }
export const POOL = 'model'

/** What a power cut forgets at most. */
const MOST_LOST_WRITES = 6

const OS_TEMPLATE = 'local:vztmpl/busybox_1.35-1_amd64.tar.gz'

/** What went wrong is known at once: nothing that happens later counts. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

/** A cluster in virtual time, and everything that is true about it whatever a pool believes. */
export class World {
  readonly clock: VirtualClock
  readonly guests: MarkedGuests
  readonly moods: Moods
  readonly cluster: Cluster
  readonly router: ApiRouter
  readonly random: Random
  readonly ledger: Ledger
  readonly sightings: Sightings
  /** When a stranger has started a container last, in milliseconds since the epoch. */
  readonly strangers = new Map<number, number>()
  /** When power failed last, in milliseconds since the epoch. */
  powerFailedAt = Number.NEGATIVE_INFINITY
  /** Requests that are still on their way. */
  late = 0
  /** How many requests reached the cluster. */
  requests = 0
  /** The first violation ends the run. */
  violation: Violation | undefined
  /** Whose each container is: those that a clone of ours made, and those that somebody else put there. */
  readonly #owners = new Map<number, 'ours' | 'foreign'>()
  /** When those of somebody else came, in milliseconds since the epoch. */
  readonly #foreignSince = new Map<number, number>()
  readonly #disturbed = new Map<number, number>()
  readonly #trace: string[] | undefined

  private constructor(parts: Pick<World, 'clock' | 'guests' | 'moods' | 'cluster' | 'random'>, trace?: string[]) {
    this.clock = parts.clock
    this.guests = parts.guests
    this.moods = parts.moods
    this.cluster = parts.cluster
    this.random = parts.random
    this.router = new ApiRouter(this.cluster)
    this.ledger = new Ledger(this)
    this.sightings = new Sightings(
      () => this.clock.now(),
      (vmid) => this.entry(vmid),
    )
    this.#trace = trace
  }

  /** `trace` gets a line for everything that happens. */
  static async open(given: Case, trace?: string[]): Promise<World> {
    const clock = new VirtualClock()
    const guests = markedGuests()
    const moods = new Moods()
    const cluster = await Cluster.open({
      clock,
      guests,
      faults: moods,
      seed: given.seed,
      nodes: given.nodes === 1 ? ['pve1'] : ['pve1', 'pve2'],
      storages: defaultStorages(['dir', 'rbd']),
      osTemplates: [{ volid: OS_TEMPLATE, size: 1_000_000 }],
      tokens: [{ ...TOKEN, privsep: false }],
    })
    const random = seededRandom(`model ${given.seed}`)
    const world = new World({ clock, guests, moods, cluster, random }, trace)
    // The nodes have run for a while.
    await clock.advance(UPTIME)
    await clock.settled(addTemplate(cluster, world.router, { osTemplate: OS_TEMPLATE, storage: 'ceph' }))
    world.#settleTemplate(given.steps.filter((step) => step.do === 'power-cut').length)
    return world
  }

  /** So many writes come after it that no power cut takes the template back. */
  #settleTemplate(powerCuts: number): void {
    const { configs } = this.cluster
    const { node, config } = configs.find(TEMPLATE) ?? {}
    if (node === undefined || config === undefined) throw new Error('the template was not made')
    for (let write = 0; write < powerCuts * MOST_LOST_WRITES; write++) configs.write(TEMPLATE, node, { ...config })
  }

  log(text: string): void {
    if (this.#trace === undefined) return
    const seconds = ((this.clock.now() - START) / 1000).toFixed(3)
    this.#trace.push(`${seconds.padStart(9)}  ${text}`)
  }

  get traces(): boolean {
    return this.#trace !== undefined
  }

  violated(text: string): void {
    this.log(`VIOLATION ${text}`)
    this.violation ??= new Violation(text)
  }

  born(vmid: number): void {
    this.#owners.set(vmid, 'ours')
  }

  foreign(vmid: number): void {
    this.#owners.set(vmid, 'foreign')
    this.#foreignSince.set(vmid, this.clock.now())
  }

  /** After a power cut, which may have taken back that somebody made a container, or one of ours his own. */
  reviewOwners(): void {
    for (const vmid of this.#owners.keys()) if (this.entry(vmid) === undefined) this.#owners.delete(vmid)
    for (const [vmid] of this.cluster.configs.entries()) {
      const record = this.record(vmid)
      if (record?.pool === POOL && record.vmid === vmid) this.born(vmid)
    }
  }

  owner(vmid: number): 'ours' | 'foreign' | 'template' | undefined {
    if (vmid === TEMPLATE) return 'template'
    if (this.cluster.configs.find(vmid) === undefined) return undefined
    // Of a clone whose answer was cut off by a power cut nobody has told.
    const { pool, vmid: named } = this.record(vmid) ?? {}
    return this.#owners.get(vmid) ?? (pool === POOL && named === vmid ? 'ours' : undefined)
  }

  /** Somebody else's, which was not there when an order of that time was given: a late one may hit whatever has its VMID by then. */
  isForeignSince(vmid: number, ordered: number): boolean {
    return this.owner(vmid) === 'foreign' && (this.#foreignSince.get(vmid) ?? Number.NEGATIVE_INFINITY) > ordered
  }

  /** The containers that the pools made, in the order of their VMIDs. */
  ours(): readonly number[] {
    return this.#all('ours')
  }

  foreigners(): readonly number[] {
    return this.#all('foreign')
  }

  entry(vmid: number): ConfigEntry | undefined {
    return this.cluster.configs.find(vmid)
  }

  record(vmid: number): SeenRecord | undefined {
    return recordIn(this.entry(vmid)?.config.description)
  }

  isRunning(vmid: number): boolean {
    const node = this.entry(vmid)?.node
    return node !== undefined && this.cluster.node(node).monitor.isRunning(vmid)
  }

  /** Where it is, if that node is up. */
  onlineNode(vmid: number): string | undefined {
    const node = this.entry(vmid)?.node
    return node !== undefined && this.cluster.node(node).online ? node : undefined
  }

  /** The volume with its file system. */
  volume(vmid: number): string | undefined {
    const rootfs = this.entry(vmid)?.config.options['rootfs']
    return rootfs === undefined ? undefined : String(rootfs).split(',')[0]
  }

  /** The adversary, or the tenant, did something to it just now. */
  disturb(vmid: number): void {
    this.#disturbed.set(vmid, this.clock.now())
  }

  wasDisturbedSince(vmid: number, since: number): boolean {
    return (this.#disturbed.get(vmid) ?? Number.NEGATIVE_INFINITY) >= since
  }

  #all(owner: 'ours' | 'foreign'): readonly number[] {
    const found: number[] = []
    for (const [vmid] of this.cluster.configs.entries()) if (this.owner(vmid) === owner) found.push(vmid)
    return found.sort((a, b) => a - b)
  }
}

/** Milliseconds that the nodes have been up when the first daemon comes. */
const UPTIME = 3_600_000
const START = new VirtualClock().now() + UPTIME
