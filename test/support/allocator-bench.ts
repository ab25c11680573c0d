import { onTestFinished } from 'vitest'
import { Alarms } from '../../src/lib/pool/alarms.js'
import { type Allocator, createAllocator } from '../../src/lib/pool/allocate/allocator.js'
import { Answered } from '../../src/lib/pool/answered.js'
import { clusterClock } from '../../src/lib/pool/cluster-clock.js'
import type { LogEntry, PoolContext } from '../../src/lib/pool/context.js'
import type { GuestAccess } from '../../src/lib/pool/guest-access.js'
import type { Member } from '../../src/lib/pool/member.js'
import { NodeBoots } from '../../src/lib/pool/node-boots.js'
import { NodeWrites } from '../../src/lib/pool/node-writes.js'
import type { AllocateRequest, Allocation, Caller, PoolEvent } from '../../src/lib/pool/pool.js'
import { Quorum } from '../../src/lib/pool/quorum.js'
import type { PoolRecord, Tier } from '../../src/lib/pool/record.js'
import { recordIn, withRecord } from '../../src/lib/pool/record-codec.js'
import { recordTags } from '../../src/lib/pool/record-tags.js'
import { Records } from '../../src/lib/pool/records.js'
import type { PoolSettings, TemplatePolicy } from '../../src/lib/pool/settings.js'
import type { Outlook, Supply } from '../../src/lib/pool/supply.js'
import { View } from '../../src/lib/pool/view.js'
import { createPveClient, type HttpAnswer, type HttpRequest, toVmid, type Vmid } from '../../src/lib/pve/client.js'
import { TransportError } from '../../src/lib/pve/transport-error.js'
import { ApiRouter } from '../../src/lib/simulator/api/router.js'
import type { ClusterOptions } from '../../src/lib/simulator/cluster.js'
import { seededRandom } from '../../src/lib/simulator/random.js'
import { Engine } from './engine.js'

export const TEMPLATE = toVmid(9000)
const TOKEN = { id: 'root@pam!pool', secret: '00000000-0000-4000-8000-000000000001' }
const NODE = 'pve1'

/** What the network does with a request instead of passing it on; undefined: it passes. */
export type Network = (request: HttpRequest, pass: () => Promise<HttpAnswer>) => Promise<HttpAnswer> | undefined

export const TIMED_OUT: HttpAnswer = { status: 596, reason: 'Connection timed out', headers: {}, body: '' }
export const lost = () => new TransportError('lost', 'the connection ended before the answer came', { sent: true })

export interface ReadyOptions {
  readonly tier?: 'stopped' | 'hot'
  readonly template?: Vmid
  readonly node?: string
  /** Who made it. */
  readonly owner?: string
}

/** A cluster in virtual time with ready containers, and daemons of which only the allocator is there: no controller gets in the way. */
export class AllocatorBench {
  readonly engine: Engine
  readonly router: ApiRouter
  readonly #vmids: number[] = []
  readonly #daemons: Daemon[] = []

  private constructor(engine: Engine) {
    this.engine = engine
    this.router = new ApiRouter(engine.cluster)
  }

  /** Closed when the test ends. */
  static async open(options: Omit<ClusterOptions, 'clock'> = {}): Promise<AllocatorBench> {
    // Loaded by the client when it is needed first: virtual time does not wait for a file.
    await import('p-retry')
    const engine = await Engine.open({ tokens: [{ ...TOKEN, privsep: false }], ...options })
    // What becomes ready just after a boot counts as older than it.
    await engine.clock.advance(10_000)
    const bench = new AllocatorBench(engine)
    onTestFinished(async () => {
      for (const daemon of bench.#daemons) daemon.close()
      await engine.close()
    })
    return bench
  }

  get clock() {
    return this.engine.clock
  }

  /** Lets time pass until it has come. */
  settled<T>(promise: Promise<T>): Promise<T> {
    return this.clock.settled(promise)
  }

  /** A ready container in the cluster; no daemon knows of it. */
  async ready(vmid: number, options: ReadyOptions = {}): Promise<void> {
    const { tier = 'stopped', template = TEMPLATE, node = NODE, owner = 'filler' } = options
    const path = `/nodes/${node}/lxc`
    this.#vmids.push(vmid)
    await this.engine.container(vmid, { hostname: `pool-${vmid}` })
    if (tier === 'hot') await this.engine.task('POST', `${path}/${vmid}/status/start`)
    const since = Math.floor(this.clock.now() / 1000)
    const kind: Tier = tier === 'hot' ? { kind: 'hot', startedAt: since } : { kind: 'stopped' }
    const record: PoolRecord = {
      version: 1,
      pool: 'test',
      vmid: toVmid(vmid),
      template,
      revision: 'r1',
      state: 'ready',
      generation: 2,
      tier: kind,
      since,
      owner,
    }
    await this.engine.data('PUT', `${path}/${vmid}/config`, {
      description: withRecord('', record),
      tags: recordTags(record, []).join(';'),
      protection: 1,
    })
  }

  /** The record in the cluster. */
  record(vmid: number): PoolRecord | undefined {
    return recordIn(this.engine.cluster.configs.find(vmid)?.config.description)
  }

  /** Who holds a container, and what it is otherwise. */
  state(vmid: number): string {
    const record = this.record(vmid)
    return record?.claim === undefined ? (record?.state ?? 'gone') : `${record.state} by ${record.claim.instanceId}`
  }

  /** The instances that hold containers, with all of them. */
  holders(): Readonly<Record<string, readonly number[]>> {
    const holders: Record<string, number[]> = {}
    for (const vmid of this.#vmids) {
      const claim = this.record(vmid)?.claim
      if (claim !== undefined) holders[claim.instanceId] = [...(holders[claim.instanceId] ?? []), vmid]
    }
    return holders
  }

  daemon(owner = `d${this.#daemons.length + 1}`, options: DaemonOptions = {}): Daemon {
    const daemon = new Daemon(this, owner, options)
    this.#daemons.push(daemon)
    return daemon
  }
}

export interface DaemonOptions {
  readonly guests?: GuestAccess
  readonly outlook?: Partial<Outlook>
  readonly settings?: Partial<PoolSettings>
}

export class Daemon {
  readonly bench: AllocatorBench
  readonly context: PoolContext
  readonly allocator: Allocator
  readonly view: View
  readonly records: Records
  /** Requests, as `PUT /nodes/pve1/lxc/200/config`. */
  readonly requests: string[] = []
  readonly events: PoolEvent[] = []
  readonly logs: LogEntry[] = []
  readonly recycled: Member[] = []
  /** How often the controller was asked to do something. */
  woken = 0
  outlook: Outlook
  network: Network = () => undefined
  readonly #closing = new AbortController()

  constructor(bench: AllocatorBench, owner: string, { guests, outlook, settings = {} }: DaemonOptions) {
    this.bench = bench
    this.outlook = { coming: 0, room: 10, breaker: 'closed', width: 1, ...outlook }
    const { clock } = bench
    const random = seededRandom(owner).next
    const client = createPveClient(
      { url: 'https://pve.test:8006', token: TOKEN, tls: { verify: true } },
      { clock, random, transport: { send: (request) => this.#send(request), close: async () => {} } },
    )
    const policy: TemplatePolicy = {
      min: 1,
      target: 5,
      max: 10,
      hot: 0,
      release: 'rollback',
      probe: { kind: 'address' },
    }
    const full: PoolSettings = {
      name: 'test',
      defaults: policy,
      interval: 30_000,
      vmids: { start: 200, end: 8999 },
      hostnamePrefix: 'pool-',
      cloneRetries: { attempts: 1, delay: 0, jitter: 0 },
      ...settings,
    }
    const view = new View()
    const quorum = new Quorum(new Alarms(() => undefined))
    const writes = new NodeWrites((error) => quorum.refused(error))
    const records = new Records({ client, clock, pool: full.name, vmids: full.vmids, owner, view, writes, quorum })
    this.view = view
    this.records = records
    this.context = {
      client,
      settings: full,
      clock: clusterClock(clock, client),
      random,
      owner,
      view,
      records,
      writes,
      boots: new NodeBoots(client, clock),
      answered: new Answered(view),
      emit: (event) => this.events.push(event),
      log: (entry) => this.logs.push(entry),
      signal: this.#closing.signal,
    }
    const supply: Supply = {
      wake: () => {
        this.woken++
      },
      know: async (template) => (full.templates === undefined ? policy : full.templates.get(template)),
      outlook: () => this.outlook,
      recycle: (member) => this.recycled.push(member),
    }
    this.allocator = createAllocator(this.context, { supply, ...(guests !== undefined && { guests }) })
  }

  /** Reads these containers, as the observer would. */
  async see(...vmids: readonly number[]): Promise<void> {
    for (const vmid of vmids) await this.bench.settled(this.records.look({ vmid, node: NODE }))
  }

  /** Time has to be moved for it to be answered. */
  ask(request: Partial<AllocateRequest> = {}, caller: Partial<Caller> = {}): Promise<Allocation> {
    return this.allocator.allocate(
      { template: TEMPLATE, start: false, timeout: 60_000, ...request },
      { requestId: 'request', client: 'client', signal: new AbortController().signal, ...caller },
    )
  }

  /** Lets time pass until it is answered. */
  allocate(request: Partial<AllocateRequest> = {}, caller: Partial<Caller> = {}): Promise<Allocation> {
    return this.bench.settled(this.ask(request, caller))
  }

  /** Lets time pass until nothing goes on behind the answers. */
  settled(): Promise<void> {
    return this.bench.settled(this.allocator.settled())
  }

  close(): void {
    this.#closing.abort()
  }

  #send(request: HttpRequest): Promise<HttpAnswer> {
    this.requests.push(`${request.method} ${request.path.replace('/api2/json', '')}`)
    const pass = () => this.#pass(request)
    return this.network(request, pass) ?? pass()
  }

  async #pass({ method, path, headers, body = '' }: HttpRequest): Promise<HttpAnswer> {
    const outcome = await this.bench.router.call({ method, url: path, headers, body: Buffer.from(body) })
    if (outcome === 'drop') throw lost()
    return {
      status: outcome.status,
      reason: outcome.reason,
      headers: { ...outcome.headers, date: new Date(this.bench.clock.now()).toUTCString() },
      body: outcome.body.toString('utf8'),
    }
  }
}

/** Of a container's configuration. */
export const isWrite = ({ method, path }: HttpRequest): boolean => method === 'PUT' && path.endsWith('/config')
