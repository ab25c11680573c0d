import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../clock.js'
import { CmuxError } from '../errors.js'
import { toVmid } from '../pve/vmid.js'
import { DaemonConnection, type Question } from './daemon-connection.js'
import type {
  Allocation,
  InjectedFile,
  Lease,
  Orphan,
  PlannedStep,
  PoolEvent,
  PooledContainer,
  PoolStatus,
  ReleaseOptions,
  ReleaseOutcome,
  RenewOptions,
  WarmOutcome,
} from './pool.js'
import * as read from './wire/read.js'
import { DEFAULT_WAIT } from './wire/requests.js'

export interface PoolClientOptions {
  /** `http(s)://host:port`, a path below it (`https://host/pool`), or `unix:/path/of/a.sock`. */
  readonly url: string
  readonly token?: string
  /** PEM text of a CA to trust for https, instead of Node's own. */
  readonly ca?: string
  readonly clock?: Clock
  /** 0 <= n < 1, for the jitter of retries. */
  readonly random?: () => number
}

export interface CallOptions {
  /** Gives the call up. An allocate that is given up leaves nothing behind. */
  readonly signal?: AbortSignal
  /** Milliseconds that the answer may take; default 30 s. */
  readonly timeout?: number
}

/** What PoolClient.allocate is asked for; see AllocateRequest. */
export interface AllocateOptions extends CallOptions {
  /** Absent: one is made up, so that a lost answer can be asked for again. */
  readonly instanceId?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Default true. */
  readonly start?: boolean
  readonly ttlSeconds?: number
  readonly environment?: Readonly<Record<string, string>>
  readonly files?: readonly InjectedFile[]
  readonly command?: readonly string[]
  /** Milliseconds to wait for a container at most; whole seconds count. Default 110 s. */
  readonly timeout?: number
}

/**
 * A pool's daemon (`cmux-pve pool serve`), asked over HTTP. Every method may throw a CmuxError: what the daemon says (`not-found`, `conflict`,
 * `exhausted`, `draining`, `invalid` …, with `data.retryAfter` in seconds where it says so), `unauthorised`, `forbidden`, `unavailable` (no daemon there,
 * or the connection was lost), `timeout`, or `failed`. What can be repeated without harm is, after quick failures of the connection.
 */
export class PoolClient {
  readonly #daemon: DaemonConnection

  constructor({ url, token, ca, clock = systemClock, random = Math.random }: PoolClientOptions) {
    this.#daemon = new DaemonConnection({
      url,
      clock,
      random,
      ...(token !== undefined && { token }),
      ...(ca !== undefined && { ca }),
    })
  }

  /** Hands out a container of `template`. Repeating it with the same instance id gives the same one. */
  async allocate(template: number, options: AllocateOptions = {}): Promise<Allocation> {
    const { start = true, timeout = DEFAULT_WAIT, instanceId = newInstanceId(), signal } = options
    const body = {
      template_vmid: template,
      instance_id: instanceId,
      metadata: options.metadata,
      ttl_seconds: options.ttlSeconds,
      timeout_seconds: Math.max(1, Math.floor(timeout / 1000)),
      environment: options.environment,
      files: options.files?.map(wireFile),
      command: options.command,
    }
    return read.readAllocation(
      await this.#ask('POST', '/allocate', { query: { start }, body }, { timeout: timeout + GRACE, signal }),
    )
  }

  /** Gives a container back. */
  async release(vmid: number, { instanceId, ...call }: ReleaseOptions & CallOptions = {}): Promise<ReleaseOutcome> {
    const query = { instance_id: instanceId }
    return read.readReleased(await this.#ask('POST', `/release/${toVmid(vmid)}`, { query }, call))
  }

  /** Destroys a pooled container, claimed or not. */
  async remove(vmid: number, { instanceId, ...call }: ReleaseOptions & CallOptions = {}): Promise<ReleaseOutcome> {
    const query = { instance_id: instanceId }
    return read.readRemoved(await this.#ask('DELETE', `/containers/${toVmid(vmid)}`, { query }, call))
  }

  /** Lets a lease end `ttlSeconds` from now. */
  async renew(vmid: number, { ttlSeconds, instanceId, ...call }: RenewOptions & CallOptions): Promise<Lease> {
    const body = { ttl_seconds: ttlSeconds, instance_id: instanceId }
    return read.readLease(await this.#ask('POST', `/containers/${toVmid(vmid)}/renew`, { body }, call))
  }

  /** Asks for `count` ready containers once. Not repeated when its answer is lost: each one counts. */
  async warm(template: number, count?: number, call: CallOptions = {}): Promise<WarmOutcome> {
    const question = { query: { count }, once: true }
    return read.readWarming(await this.#ask('POST', `/warm/${toVmid(template)}`, question, call))
  }

  async status(call: CallOptions = {}): Promise<PoolStatus> {
    return read.readStatus(await this.#ask('GET', '/status', {}, call))
  }

  /** `fresh`: after another look at the cluster; otherwise as the daemon saw it last, in the interval between two looks. */
  async list({ fresh, ...call }: CallOptions & { readonly fresh?: boolean } = {}): Promise<readonly PooledContainer[]> {
    const query = { ...(fresh === true && { fresh }) }
    return read.readContainers(await this.#ask('GET', '/containers', { query }, call))
  }

  /** What the controller would do now, and why. */
  async plan(call: CallOptions = {}): Promise<readonly PlannedStep[]> {
    return read.readPlan(await this.#ask('GET', '/plan', {}, call))
  }

  /** What is orphaned; with `act` the provably own leftovers are destroyed. */
  async collectGarbage({ act, ...call }: CallOptions & { readonly act: boolean }): Promise<readonly Orphan[]> {
    return read.readGarbage(await this.#ask('POST', '/gc', { query: { act } }, call))
  }

  /** No more fills and recycling; allocates go on. */
  async pause(call: CallOptions = {}): Promise<void> {
    await this.#ask('POST', '/pause', {}, call)
  }

  /** Ends a pause or a drain. */
  async resume(call: CallOptions = {}): Promise<void> {
    await this.#ask('POST', '/resume', {}, call)
  }

  /** Refuses new allocates and destroys the ready ones, of one template or of all. */
  async drain(template?: number, call: CallOptions = {}): Promise<void> {
    await this.#ask('POST', '/drain', { query: { template_vmid: template } }, call)
  }

  /** Resolves when the daemon is ready for allocates; else `unavailable` that says why it is not. */
  async ready(call: CallOptions = {}): Promise<void> {
    await this.#ask('GET', '/ready', {}, call)
  }

  /**
   * What happens in the pool from now on: `for await (const event of await client.events())`. Resolves when the daemon has begun to tell, so that a
   * status asked for after that misses nothing. It ends when the daemon is stopped; `unavailable` is thrown when the connection is lost, or its reader
   * is too slow for the daemon, and the signal's reason when that is aborted. It does not connect again by itself. `break` ends it.
   */
  events({ signal, timeout = 30_000 }: CallOptions = {}): Promise<AsyncIterableIterator<PoolEvent>> {
    return this.#daemon.listen('/events', timeout, signal)
  }

  /** Ends its connections and event streams; calls that run are given up. */
  close(): Promise<void> {
    return this.#daemon.close()
  }

  #ask(
    method: Question['method'],
    path: string,
    { query, body, once = false }: Partial<Pick<Question, 'query' | 'body' | 'once'>>,
    { signal, timeout = 30_000 }: { readonly signal?: AbortSignal | undefined; readonly timeout?: number },
  ): Promise<unknown> {
    return this.#daemon.ask({ method, path, query: query ?? {}, body, once, timeout }, signal)
  }
}

export const createPoolClient = (options: PoolClientOptions): PoolClient => new PoolClient(options)

/** Milliseconds beyond the time that the daemon itself keeps to. */
const GRACE = 10_000

const newInstanceId = (): string => `pvelxc-${randomBytes(4).toString('hex')}`

const wireFile = ({ path, content, mode }: InjectedFile) => {
  if (mode !== undefined && (mode < 0 || mode > 0o7777)) throw new CmuxError('invalid', `${path}: no permission bits`)
  return {
    path,
    content_base64: Buffer.from(content).toString('base64'),
    ...(mode !== undefined && { mode: mode.toString(8).padStart(4, '0') }),
  }
}
