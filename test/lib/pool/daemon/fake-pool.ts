import { CmuxError } from '../../../../src/lib/errors.js'
import type { RunningPool } from '../../../../src/lib/pool/open-pool.js'
import type {
  Alarm,
  AllocateRequest,
  Allocation,
  Caller,
  Orphan,
  PlannedStep,
  PoolEvent,
  PooledContainer,
  PoolStatus,
  ReleaseOptions,
  TemplateStatus,
} from '../../../../src/lib/pool/pool.js'
import { toVmid, type Vmid } from '../../../../src/lib/pve/vmid.js'

export const TEMPLATE = toVmid(9009)
/** Seconds since the epoch. */
export const SINCE = 1_760_000_000

/** A pool in memory that does at once what it is asked for, and what a test tells it to do instead. */
export class FakePool implements RunningPool {
  readonly requests: AllocateRequest[] = []
  readonly callers: Caller[] = []
  readonly calls: string[] = []
  /** Replaces what an allocate does. */
  onAllocate: ((request: AllocateRequest, caller: Caller) => Promise<Allocation>) | undefined
  /** Thrown by the next call of anything else. */
  failure: Error | undefined
  mode: PoolStatus['mode'] = 'running'
  cluster: PoolStatus['cluster'] = { reachable: true, quorate: true }
  alarms: readonly Alarm[] = []
  breaker: TemplateStatus['breaker'] = 'closed'
  observedAt: number | undefined = SINCE
  roundAt: number | undefined
  orphans: readonly Orphan[] = [
    { vmid: toVmid(300), node: 'pve1', ours: true, why: 'half a clone of ours', destroyed: false },
  ]
  containers = new Map<number, PooledContainer>()
  /** Settles what `run` answers. */
  endController: (error?: Error) => void = () => undefined
  readonly #listeners = new Set<(event: PoolEvent) => void>()
  #next = 200

  get listeners(): number {
    return this.#listeners.size
  }

  async allocate(request: AllocateRequest, caller: Caller): Promise<Allocation> {
    this.requests.push(request)
    this.callers.push(caller)
    if (this.onAllocate !== undefined) return this.onAllocate(request, caller)
    return this.handOut(request, caller)
  }

  handOut(request: AllocateRequest, caller: Caller): Allocation {
    const instanceId = request.instanceId ?? 'pvelxc-0badcafe'
    const vmid = toVmid(this.#next++)
    const allocation: Allocation = {
      vmid,
      node: 'pve1',
      hostname: instanceId,
      instanceId,
      template: request.template,
      fromPool: true,
      tier: 'stopped',
      status: request.start ? 'running' : 'stopped',
      claimId: `claim-${vmid}`,
      ...(request.ttlSeconds !== undefined && { expires: SINCE + request.ttlSeconds }),
      stages: { queue: 0, claim: 12, start: 340, inject: 0 },
    }
    this.put({ vmid, hostname: instanceId, state: 'claimed', instanceId, metadata: request.metadata ?? {} })
    this.emit({ kind: 'allocated', allocation, requestId: caller.requestId })
    return allocation
  }

  put(container: Partial<PooledContainer> & Pick<PooledContainer, 'vmid' | 'hostname' | 'state'>): void {
    const common = { node: 'pve1', template: TEMPLATE, revision: 'r1', tier: 'stopped', since: SINCE } as const
    this.containers.set(container.vmid, { ...common, ...container })
  }

  async release(vmid: Vmid, options: ReleaseOptions = {}) {
    this.#called(`release ${vmid} ${options.instanceId ?? ''}`.trim())
    return this.#outcome(vmid)
  }

  async remove(vmid: Vmid, options: ReleaseOptions = {}) {
    this.#called(`remove ${vmid} ${options.instanceId ?? ''}`.trim())
    return this.#outcome(vmid)
  }

  #outcome(vmid: Vmid) {
    const { node, instanceId } = this.#find(vmid)
    return { vmid, node, ...(instanceId !== undefined && { instanceId }), already: false }
  }

  async renew(vmid: Vmid, { ttlSeconds }: { ttlSeconds: number }) {
    this.#called(`renew ${vmid} ${ttlSeconds}`)
    return { vmid, instanceId: this.#find(vmid).instanceId ?? '', expires: SINCE + ttlSeconds }
  }

  async warm(template: Vmid, count?: number) {
    this.#called(`warm ${template} ${count ?? ''}`.trim())
    const asked = count ?? 5
    const possible = Math.min(asked, 9)
    return { template, queued: Math.max(0, possible - 3), current: 3, target: 5, asked, possible, max: 10, taken: 1 }
  }

  status(): PoolStatus {
    const all = [...this.containers.values()]
    const count = (state: PooledContainer['state']) => all.filter((one) => one.state === state).length
    return {
      templates: [
        {
          template: TEMPLATE,
          revision: 'r1',
          ready: count('ready'),
          hot: 0,
          claimed: count('claimed'),
          filling: count('filling'),
          releasing: count('releasing'),
          quarantined: count('quarantined'),
          min: 3,
          target: 5,
          max: 10,
          breaker: this.breaker,
        },
      ],
      waiting: 0,
      mode: this.mode,
      ...(this.observedAt !== undefined && { observedAt: this.observedAt }),
      ...(this.roundAt !== undefined && { roundAt: this.roundAt }),
      alarms: this.alarms,
      cluster: this.cluster,
    }
  }

  list(): readonly PooledContainer[] {
    return [...this.containers.values()]
  }

  /** What another daemon has written, and this one has not seen. */
  readonly unseen: Parameters<FakePool['put']>[0][] = []

  async refresh(): Promise<void> {
    this.#called('refresh')
    for (const container of this.unseen.splice(0)) this.put(container)
  }

  async plan(): Promise<readonly PlannedStep[]> {
    return [{ action: 'fill', template: TEMPLATE, node: 'pve1', why: 'two ready, five wanted' }]
  }

  async collectGarbage({ act }: { act: boolean }): Promise<readonly Orphan[]> {
    this.#called(`gc ${act}`)
    return this.orphans.map((orphan) => ({ ...orphan, destroyed: act }))
  }

  pause(): void {
    this.mode = 'paused'
  }

  resume(): void {
    this.mode = 'running'
  }

  async drain(template?: Vmid): Promise<void> {
    this.#called(`drain ${template ?? ''}`.trim())
    this.mode = 'draining'
  }

  onEvent(listener: (event: PoolEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: PoolEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  run(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.endController = (error) => (error === undefined ? resolve() : reject(error))
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  async tick(): Promise<void> {}

  async close(): Promise<void> {
    this.calls.push('close')
  }

  #called(call: string): void {
    this.calls.push(call)
    if (this.failure === undefined) return
    const { failure } = this
    this.failure = undefined
    throw failure
  }

  #find(vmid: Vmid): PooledContainer {
    const found = this.containers.get(vmid)
    if (found === undefined) throw new CmuxError('not-found', `There is no container ${vmid} in this pool`)
    return found
  }
}
