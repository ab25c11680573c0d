import { createAllocator } from '../../src/lib/pool/allocate/allocator.js'
import type { LogEntry } from '../../src/lib/pool/context.js'
import type { GuestAccess } from '../../src/lib/pool/guest-access.js'
import { assemblePool, type RunningPool } from '../../src/lib/pool/open-pool.js'
import type { PoolEvent } from '../../src/lib/pool/pool.js'
import type { PoolRecord } from '../../src/lib/pool/record.js'
import { recordIn } from '../../src/lib/pool/record-codec.js'
import type { PoolSettings, TemplatePolicy } from '../../src/lib/pool/settings.js'
import { createPveClient, type HttpRequest, type PveClient } from '../../src/lib/pve/client.js'
import { TransportError } from '../../src/lib/pve/transport-error.js'
import type { ApiToken } from '../../src/lib/settings/settings.js'
import { ApiRouter } from '../../src/lib/simulator/api/router.js'
import { Cluster, type ClusterOptions } from '../../src/lib/simulator/cluster.js'
import { Faults } from '../../src/lib/simulator/faults.js'
import { seededRandom } from '../../src/lib/simulator/random.js'
import { defaultStorages } from '../../src/lib/simulator/storage/storage-config.js'
import { VirtualClock } from '../../src/lib/simulator/virtual-clock.js'

const TOKEN = { id: 'root@pam!pool', secret: '00000000-0000-4000-8000-000000000000' }
const OS_TEMPLATE = 'local:vztmpl/busybox_1.35-1_amd64.tar.gz'

export const TEMPLATE = 9009

export const POLICY: TemplatePolicy = {
  min: 1,
  target: 3,
  max: 6,
  hot: 0,
  release: 'rollback',
  probe: { kind: 'address' },
}

export interface PoolBenchOptions extends Omit<ClusterOptions, 'clock' | 'faults'> {
  readonly faults?: readonly unknown[]
  /** What the pools say who they are. Default: root. */
  readonly token?: ApiToken
}

/** A cluster in virtual time with one template, and pools that keep containers in it. */
export class PoolBench {
  readonly clock: VirtualClock
  readonly cluster: Cluster
  /** Every request that reached the cluster: `PUT /nodes/pve1/lxc/200/config`. */
  readonly requests: string[] = []
  readonly events: PoolEvent[] = []
  readonly log: LogEntry[] = []
  /** What was refused for want of a privilege, with what Proxmox said. */
  readonly refusals: string[] = []
  /** Refused on its way: with this status and reason. */
  refuse: (request: string) => { readonly status: number; readonly reason: string } | undefined = () => undefined
  /** What becomes of an answer on its way to a pool. */
  rewrite: (request: string, body: string) => string = (_request, body) => body
  readonly #router: ApiRouter
  readonly #token: ApiToken
  #owners = 0

  private constructor(clock: VirtualClock, cluster: Cluster, token: ApiToken) {
    this.clock = clock
    this.#token = token
    this.cluster = cluster
    this.#router = new ApiRouter(cluster)
  }

  static async open({ faults = [], token = TOKEN, ...options }: PoolBenchOptions = {}): Promise<PoolBench> {
    const clock = new VirtualClock()
    const cluster = await Cluster.open({
      clock,
      seed: 1,
      storages: defaultStorages(['dir', 'lvmthin', 'rbd']),
      osTemplates: [{ volid: OS_TEMPLATE, size: 1_000_000 }],
      ...options,
      faults: Faults.parse(faults),
      tokens: [TOKEN, ...(token === TOKEN ? [] : [token])].map((one) => ({ ...one, privsep: false })),
    })
    const bench = new PoolBench(clock, cluster, token)
    await bench.template(TEMPLATE)
    // Long enough for the index to know it (PVE-FACTS 5).
    await clock.advance(60_000)
    return bench
  }

  /** Makes a template, or a replica when it is given the tag of one. */
  async template(vmid: number, options: Readonly<Record<string, string | number>> = {}): Promise<void> {
    const { client } = this
    const made = async () => {
      const upid = await client.containers.create('pve1', {
        vmid,
        ostemplate: OS_TEMPLATE,
        hostname: 'golden',
        options: {
          rootfs: 'local-lvm:1',
          memory: 64,
          swap: 0,
          net0: 'name=eth0,bridge=vmbr0,ip=dhcp',
          ...options,
        },
      })
      await client.tasks.wait(upid)
      await client.containers.convertToTemplate({ vmid, node: 'pve1' })
    }
    await this.clock.settled(made())
  }

  /** Root's own client. */
  get client(): PveClient {
    return this.clientOf(TOKEN)
  }

  clientOf(token: ApiToken): PveClient {
    return createPveClient(
      { url: 'https://cluster.example:8006', token, tls: { verify: true } },
      {
        clock: this.clock,
        random: () => 0.5,
        transport: { send: (request) => this.#send(request), close: async () => {} },
      },
    )
  }

  pool(
    policy: Partial<TemplatePolicy> = {},
    settings: Partial<PoolSettings> = {},
    owner?: string,
    guests?: GuestAccess,
  ): RunningPool {
    this.#owners++
    const random = seededRandom(this.#owners)
    const pool = assemblePool(
      {
        // One of its own, as every daemon has.
        client: this.clientOf(this.#token),
        settings: {
          name: 'test',
          templates: new Map([[TEMPLATE, { ...POLICY, ...policy }]]),
          defaults: { ...POLICY, ...policy },
          interval: 30_000,
          vmids: { start: 200, end: 299 },
          hostnamePrefix: 'pool-',
          cloneRetries: { attempts: 3, delay: 500, jitter: 100 },
          ...settings,
        },
        clock: this.clock,
        random: () => random.next(),
        owner: owner ?? `daemon-${this.#owners}`,
        onLog: (entry) => this.log.push(entry),
        ...(guests !== undefined && { guests }),
      },
      createAllocator,
    )
    pool.onEvent((event) => this.events.push(event))
    return pool
  }

  /** Lets as much time pass as it takes. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.clock.settled(work)
  }

  async tick(pool: RunningPool): Promise<void> {
    await this.run(pool.tick())
  }

  /** What is written in a container, without asking the API. */
  record(vmid: number): PoolRecord | undefined {
    return recordIn(this.cluster.configs.find(vmid)?.config.description)
  }

  options(vmid: number): Readonly<Record<string, string | number>> | undefined {
    return this.cluster.configs.find(vmid)?.config.options
  }

  /** The VMIDs in the pool's range, by their state. */
  states(): Readonly<Record<number, string>> {
    const found: Record<number, string> = {}
    for (const [vmid] of this.cluster.configs.entries()) {
      if (vmid < 1000) found[vmid] = this.record(vmid)?.state ?? 'foreign'
    }
    return found
  }

  async #send({ method, path, headers, body = '' }: HttpRequest) {
    const [where = ''] = path.replace('/api2/json', '').split('?')
    this.requests.push(`${method} ${where}`)
    const refused = this.refuse(`${method} ${where}`)
    if (refused !== undefined) return { ...refused, headers: {}, body: '' }
    const outcome = await this.#router.call({ method, url: path, headers, body: Buffer.from(body) })
    if (outcome === 'drop')
      throw new TransportError('lost', 'the connection ended before the answer came', { sent: true })
    if (outcome.status === 403) this.refusals.push(`${method} ${where}: ${outcome.reason}`)
    const date = new Date(this.clock.now()).toUTCString()
    return {
      ...outcome,
      headers: { ...outcome.headers, date },
      body: this.rewrite(`${method} ${where}`, outcome.body.toString()),
    }
  }
}
