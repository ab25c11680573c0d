import type { Vmid } from '../../pve/client.js'
import type { Member } from '../member.js'
import type { NodeView } from '../observe/cluster-index.js'
import type { Source } from '../observe/templates.js'
import type { TemplatePolicy } from '../settings.js'

/** Everything that a plan is made from. */
export interface Observation {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** Id of this run. */
  readonly owner: string
  readonly mode: 'running' | 'paused' | 'draining'
  readonly members: readonly Member[]
  /** Milliseconds since this run first saw a container's record as it is. */
  readonly unchangedFor: (vmid: number) => number
  /** Milliseconds since this run first saw a container with the lock that it has, or without one. */
  readonly sameLockFor: (vmid: number) => number
  /** Containers in our range that are none of ours and look half-made or half-destroyed. */
  readonly strangers: readonly Stranger[]
  /** A job of this run works on it, or failed on it a moment ago. */
  readonly isBusy: (vmid: number) => boolean
  /** This run does not know what became of a call that changed the container itself. */
  readonly isUncertain: (vmid: number) => boolean
  /** Whether its node has booted since its state began. */
  readonly isOlderThanBoot: (member: Member) => boolean
  /** Whether this run has answered with that claim. */
  readonly isAnswered: (claimId: string) => boolean
  /** Why a ready one must not be handed out all the same. */
  readonly dirt: (member: Member) => string | undefined
  readonly templates: readonly ObservedTemplate[]
  readonly nodes: readonly NodeView[]
  /** Fills of one template that may run at the same time; absent: as many as there are sources. */
  readonly batch?: number
  /** Decides between equals: 0 <= n < 1. */
  readonly random: () => number
}

export interface Stranger {
  readonly vmid: Vmid
  readonly node: string
  readonly lock: string
}

export interface ObservedTemplate {
  readonly template: Vmid
  readonly policy: TemplatePolicy
  /** Absent: the template was not found. */
  readonly revision?: string
  /** Those that no fill of this run copies at this moment. */
  readonly sources: readonly Source[]
  /** Fills of this run that have begun, and whose container is not among the members yet. */
  readonly begun: number
  /** Callers that wait in line. */
  readonly waiting: number
  /** Ready ones that were asked for once, beyond the target. */
  readonly warm: number
  readonly draining: boolean
  readonly breaker: 'closed' | 'half-open' | 'open'
  /** Of what makes ready ones hot. */
  readonly heatBreaker: 'closed' | 'half-open' | 'open'
}
