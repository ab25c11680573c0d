import type { Vmid } from '../pve/client.js'
import type { PoolState, Tier } from './record.js'

/** Everything a pool does for its users. The HTTP service is a front of it; errors are CmuxErrors. */
export interface Pool {
  /**
   * Hands out a container. With an instance id that holds one already, the same one again. Waits in line while there is none and the
   * pool may still make one. Errors: `conflict` (the instance id holds a container of another template), `exhausted` (the pool is full and nothing will come in
   * time), `timeout` (deadline), `not-found` (the pool keeps none of that template), `unavailable` (Proxmox does not answer, or the template itself is missing), `invalid`, `draining`. `signal` is the caller's: one who left leaks nothing.
   */
  allocate(request: AllocateRequest, caller: Caller): Promise<Allocation>
  /** Gives a container back. `not-found` when it is none of this pool's; a released one is no error (`already` true). */
  release(vmid: Vmid, options?: ReleaseOptions): Promise<ReleaseOutcome>
  /** Destroys a pooled container, claimed or not. */
  remove(vmid: Vmid, options?: ReleaseOptions): Promise<ReleaseOutcome>
  /** Moves the end of a lease: `ttlSeconds` from now. */
  renew(vmid: Vmid, options: RenewOptions): Promise<Lease>
  /**
   * Asks for `count` ready containers of a template (default: its target), once, beyond the target if need be. Errors: `not-found`, `unavailable`
   * (the template is missing); `conflict` while the pool is paused, `draining` while it drains.
   */
  warm(template: Vmid, count?: number): Promise<WarmOutcome>
  status(): PoolStatus
  /** As they were seen last. */
  list(): readonly PooledContainer[]
  /** Looks at the cluster. Errors: those of reading it. */
  refresh(): Promise<void>
  /** What the controller would do now and why. Makes nothing. */
  plan(): Promise<readonly PlannedStep[]>
  /** What is orphaned and why it is, or is not, ours; with `act` the provably own leftovers are destroyed. */
  collectGarbage(options: { readonly act: boolean }): Promise<readonly Orphan[]>
  /** No more fills and recycling (allocates go on) / again. Error of a pause: `draining`, which `resume` ends. */
  pause(): void
  resume(): void
  /** New allocates are refused; ready containers of every template, or of one, are destroyed. Errors: `not-found`; of one `conflict` while the pool is paused. */
  drain(template?: Vmid): Promise<void>
  /** Hears of every change; returns a function that stops the calls. */
  onEvent(listener: (event: PoolEvent) => void): () => void
}

export interface AllocateRequest {
  readonly template: Vmid
  /** Absent: `pvelxc-` and eight hex digits. Must be a valid hostname. */
  readonly instanceId?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly start: boolean
  /** Absent: until released. */
  readonly ttlSeconds?: number
  /** Put into the container after it was claimed, before it is answered; needs an executor and `start`. */
  readonly environment?: Readonly<Record<string, string>>
  readonly files?: readonly InjectedFile[]
  /** Runs detached, once, after the files are there. */
  readonly command?: readonly string[]
  /** Milliseconds that the caller is ready to wait. */
  readonly timeout: number
}

export interface InjectedFile {
  readonly path: string
  readonly content: Uint8Array
  /** Permission bits; default 0644. */
  readonly mode?: number
}

export interface Caller {
  /** Stands in the log and in the container's record. */
  readonly requestId: string
  /** Whom fairness counts by: a token's name or an address. */
  readonly client: string
  readonly signal: AbortSignal
}

export interface Allocation {
  readonly vmid: Vmid
  readonly node: string
  /** Equal to the instance id. */
  readonly hostname: string
  readonly instanceId: string
  readonly template: Vmid
  /** False when it was made for this request. */
  readonly fromPool: boolean
  readonly tier: Tier['kind']
  readonly status: 'running' | 'stopped'
  readonly claimId: string
  /** Seconds since the epoch. */
  readonly expires?: number
  /** Milliseconds spent waiting in line, claiming, starting, injecting. */
  readonly stages: Readonly<Record<'queue' | 'claim' | 'start' | 'inject', number>>
}

export interface ReleaseOptions {
  /** Refuse unless it is claimed by this instance. */
  readonly instanceId?: string
}

export interface ReleaseOutcome {
  readonly vmid: Vmid
  readonly node: string
  /** Who held it; absent: nobody. */
  readonly instanceId?: string
  /** It was released or removed before. */
  readonly already: boolean
}

export interface RenewOptions extends ReleaseOptions {
  readonly ttlSeconds: number
}

export interface Lease {
  readonly vmid: Vmid
  readonly instanceId: string
  /** Seconds since the epoch. */
  readonly expires: number
}

export interface WarmOutcome {
  readonly template: Vmid
  /** How many are made because of it. */
  readonly queued: number
  /** Ready and filling before. */
  readonly current: number
  readonly target: number
  readonly asked: number
  /** As many of those asked for as can be ready: fewer when `max` stands in the way. */
  readonly possible: number
  readonly max: number
  /** How many of `max` are in use or set aside. */
  readonly taken: number
}

export interface PooledContainer {
  readonly vmid: Vmid
  readonly node: string
  readonly hostname: string
  readonly template: Vmid
  readonly revision: string
  readonly state: PoolState
  readonly tier: Tier['kind']
  /** Seconds since the epoch. */
  readonly since: number
  readonly instanceId?: string
  readonly expires?: number
  readonly metadata?: Readonly<Record<string, string>>
  readonly reason?: string
}

export interface PoolStatus {
  readonly templates: readonly TemplateStatus[]
  /** Allocates that wait in line. */
  readonly waiting: number
  readonly mode: 'running' | 'paused' | 'draining'
  /** When the cluster was last observed as a whole, seconds since the epoch; absent: never. */
  readonly observedAt?: number
  /** When the controller's loop last came round, whatever came of it, seconds since the epoch; absent: never. The watchdog goes by it. */
  readonly roundAt?: number
  /** What an operator should look at: open breakers, stuck locks without a task, quarantined ones. */
  readonly alarms: readonly Alarm[]
  readonly cluster: {
    readonly reachable: boolean
    readonly quorate: boolean
    /** What Proxmox refuses: the token, or a privilege that it needs; the alarm says which. Absent: nothing, as far as is known. */
    readonly refuses?: 'token' | 'privilege'
  }
}

export interface TemplateStatus {
  readonly template: Vmid
  readonly revision: string
  readonly ready: number
  readonly hot: number
  readonly claimed: number
  readonly filling: number
  readonly releasing: number
  readonly quarantined: number
  readonly min: number
  readonly target: number
  readonly max: number
  readonly breaker: 'closed' | 'open'
  /** Why it cannot be cloned: there is no such container, or it is no template. */
  readonly missing?: 'absent' | 'no-template'
  /** Milliseconds that one fill takes, as measured lately. */
  readonly fillTime?: number
}

export interface Alarm {
  readonly kind:
    | 'breaker'
    | 'stuck-lock'
    | 'quarantine'
    | 'unreachable'
    | 'no-quorum'
    | 'missing-template'
    | 'refused'
    | 'destroy-refused'
    | 'unknown-node'
  readonly message: string
  readonly vmid?: Vmid
  readonly template?: Vmid
  /** The command that resolves it. */
  readonly remedy?: string
}

export interface PlannedStep {
  /** `fill`, `heat`, `recycle`, `destroy`, `quarantine`, `expire`, … */
  readonly action: string
  readonly vmid?: Vmid
  readonly node?: string
  readonly template?: Vmid
  readonly why: string
}

export interface Orphan {
  readonly vmid: Vmid
  readonly node: string
  readonly ours: boolean
  readonly why: string
  readonly destroyed: boolean
}

/** For the event stream, the metrics and the log. */
export type PoolEvent =
  | {
      readonly kind: 'state'
      readonly vmid: Vmid
      readonly template: Vmid
      readonly from?: PoolState
      readonly to: PoolState | 'gone'
    }
  | { readonly kind: 'allocated'; readonly allocation: Allocation; readonly requestId: string }
  | { readonly kind: 'filled'; readonly vmid: Vmid; readonly template: Vmid; readonly milliseconds: number }
  | { readonly kind: 'lock-met'; readonly vmid: Vmid; readonly word: string }
  | { readonly kind: 'retry'; readonly what: string }
  | { readonly kind: 'alarm'; readonly alarm: Alarm }
