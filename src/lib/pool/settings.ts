import type { VmidRange } from '../settings/settings.js'

/** What becomes of a released container. */
export type ReleasePolicy = 'rollback' | 'destroy' | 'reuse'

/** What a hot container must show before it counts as ready. */
export type Probe =
  | { readonly kind: 'address' }
  | { readonly kind: 'tcp'; readonly port: number }
  | { readonly kind: 'command'; readonly argv: readonly string[] }

/** How many containers of a template there shall be, and how they are kept. */
export interface TemplatePolicy {
  /** Below this many ready ones nothing is drained, and fills go first. */
  readonly min: number
  /** Ready ones, hot ones included. */
  readonly target: number
  /** All of them, claimed ones included. */
  readonly max: number
  /** How many of the ready ones run. */
  readonly hot: number
  readonly release: ReleasePolicy
  /** Nodes that may hold them; absent: all. */
  readonly nodes?: readonly string[]
  readonly probe: Probe
}

/** The validated, immutable settings of a pool. */
export interface PoolSettings {
  readonly name: string
  /** By VMID. Absent: templates are learned from what is asked for and from what is there. */
  readonly templates?: ReadonlyMap<number, TemplatePolicy>
  readonly defaults: TemplatePolicy
  /** Milliseconds between two ticks without news. */
  readonly interval: number
  readonly vmids: VmidRange
  readonly hostnamePrefix: string
  /** Attempts at one clone before the breaker counts a failure; milliseconds between them, and at most as many more by chance. */
  readonly cloneRetries: { readonly attempts: number; readonly delay: number; readonly jitter: number }
  /** Fills that one tick begins at most, per template; absent: as many as there are sources. */
  readonly batch?: number
}

/** Where the daemon listens and whom it lets in. */
export interface DaemonSettings {
  readonly listen: { readonly host: string; readonly port: number } | { readonly socket: string }
  /** One, or two while they are being exchanged. Empty: only callers on loopback. */
  readonly tokens: readonly string[]
}
