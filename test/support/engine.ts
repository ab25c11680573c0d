import { ApiRouter } from '../../src/lib/simulator/api/router.js'
import { Cluster, type ClusterOptions } from '../../src/lib/simulator/cluster.js'
import { defaultStorages } from '../../src/lib/simulator/storage/storage-config.js'
import type { TaskEnd } from '../../src/lib/simulator/task.js'
import { VirtualClock } from '../../src/lib/simulator/virtual-clock.js'
import { type FakeGuests, fakeGuests } from './fake-guests.js'

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
type Fields = Readonly<Record<string, string | number>>

export interface Answer {
  readonly status: number
  readonly reason: string
  readonly data: unknown
  readonly errors?: Readonly<Record<string, string>>
}

const TOKEN = 'root@pam!test'
const SECRET = '00000000-0000-4000-8000-000000000000'

/** An OS template without systemd. */
export const BUSYBOX = 'local:vztmpl/busybox_1.35-1_amd64.tar.gz'
export const DEBIAN = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'

/** A whole cluster in virtual time, reached through its router, without sockets. */
export class Engine {
  readonly clock: VirtualClock
  readonly guests: FakeGuests
  readonly cluster: Cluster
  readonly #router: ApiRouter

  private constructor(clock: VirtualClock, guests: FakeGuests, cluster: Cluster) {
    this.clock = clock
    this.guests = guests
    this.cluster = cluster
    this.#router = new ApiRouter(cluster)
  }

  /** `guests` are fake unless others are given. */
  static async open(options: ClusterOptions & { readonly clock?: VirtualClock } = {}): Promise<Engine> {
    const clock = options.clock ?? new VirtualClock()
    const guests = fakeGuests()
    const cluster = await Cluster.open({
      clock,
      guests,
      seed: 1,
      storages: defaultStorages(['dir', 'lvmthin', 'btrfs', 'zfspool']),
      osTemplates: [
        { volid: BUSYBOX, size: 1_000_000 },
        { volid: DEBIAN, size: 126_000_000 },
      ],
      ...options,
      tokens: [{ id: TOKEN, secret: SECRET, privsep: false }, ...(options.tokens ?? [])],
    })
    return new Engine(clock, guests, cluster)
  }

  get node() {
    return this.cluster.node('pve1')
  }

  /** Sends a request; time has to be moved for it to be answered. `drop`: the connection ended without an answer. */
  async request(
    method: Method,
    path: string,
    fields: Fields = {},
    token = `${TOKEN}=${SECRET}`,
  ): Promise<Answer | 'drop'> {
    const encoded = new URLSearchParams(
      Object.entries(fields).map(([key, value]): [string, string] => [key, String(value)]),
    ).toString()
    const inQuery = method === 'GET' || method === 'DELETE'
    const outcome = await this.#router.call({
      method,
      url: `/api2/json${path}${inQuery && encoded !== '' ? `?${encoded}` : ''}`,
      headers: {
        authorization: `PVEAPIToken=${token}`,
        ...(inQuery ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      body: Buffer.from(inQuery ? '' : encoded),
    })
    if (outcome === 'drop') return outcome
    const { data = null, errors } = outcome.body.length > 0 ? JSON.parse(outcome.body.toString('utf8')) : {}
    return { status: outcome.status, reason: outcome.reason, data, ...(errors === undefined ? {} : { errors }) }
  }

  /** Sends a request and lets time pass until it is answered. */
  async call(method: Method, path: string, fields: Fields = {}, token?: string): Promise<Answer> {
    const answer = await this.clock.settled(this.request(method, path, fields, token))
    if (answer === 'drop') throw new Error(`${method} ${path}: the connection ended without an answer`)
    return answer
  }

  /** The data of a call that must succeed. */
  async data(method: Method, path: string, fields: Fields = {}): Promise<unknown> {
    const { status, reason, data } = await this.call(method, path, fields)
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${reason}`)
    return data
  }

  /** Starts a task. */
  async begin(method: Method, path: string, fields: Fields = {}): Promise<string> {
    return String(await this.data(method, path, fields))
  }

  /** Lets time pass until a task has ended. */
  async end(upid: string, node = this.node): Promise<TaskEnd['exitstatus']> {
    const worker = node.worker(upid)
    if (worker !== undefined) return (await this.clock.settled(worker.finished)).exitstatus
    const status = node.tasks.status(upid)
    return typeof status === 'string' ? status : String(status['exitstatus'])
  }

  /** Starts a task and lets time pass until it has ended. */
  async task(method: Method, path: string, fields: Fields = {}): Promise<string> {
    return this.end(await this.begin(method, path, fields))
  }

  log(upid: string): readonly string[] {
    return this.node.tasks.logs.lines(upid) ?? []
  }

  /** A stopped container. */
  async container(vmid: number, fields: Fields = {}): Promise<void> {
    const defaults = { vmid, ostemplate: BUSYBOX, rootfs: 'local-btrfs:1', memory: 64, swap: 0 }
    const exit = await this.task('POST', '/nodes/pve1/lxc', { ...defaults, ...fields })
    if (exit !== 'OK') throw new Error(`creating ${vmid}: ${exit}`)
  }

  async template(vmid: number, fields: Fields = {}): Promise<void> {
    await this.container(vmid, fields)
    await this.data('POST', `/nodes/pve1/lxc/${vmid}/template`)
    await this.clock.advance(1000)
  }

  /** The configuration as it is, without asking the API. */
  options(vmid: number): Readonly<Record<string, string | number>> | undefined {
    return this.cluster.configs.find(vmid)?.config.options
  }

  close(): Promise<void> {
    return this.cluster.close()
  }
}
