import type { Vmid } from '../pve/client.js'

/** filling -> ready -> claimed -> releasing -> ready | gone; quarantined when something is not as it should be. */
export type PoolState = 'filling' | 'ready' | 'claimed' | 'releasing' | 'quarantined'

/** In which run state a container became ready: a hot one runs since `startedAt` (seconds since the epoch). */
export type Tier = { readonly kind: 'stopped' } | { readonly kind: 'hot'; readonly startedAt: number }

/**
 * What the pool knows of a container. It stands in the container's own description, and nowhere else; every change of it is one write
 * with the digest of what was read before. Never holds a secret: whoever has VM.Audit can read it.
 */
export interface PoolRecord {
  readonly version: 1
  /** Name of the pool, so that several can share a cluster. */
  readonly pool: string
  /** The container it was written for: somebody's clone of a pooled container carries a record too, and is not ours. */
  readonly vmid: Vmid
  /** VMID of the template, not of the replica that was cloned. */
  readonly template: Vmid
  /** Which build of the template it was cloned from. */
  readonly revision: string
  readonly state: PoolState
  /** Grows with every write. */
  readonly generation: number
  readonly tier: Tier
  /** Seconds since the epoch: when this state began. */
  readonly since: number
  /** Who wrote it last: the id of a daemon's run. */
  readonly owner: string
  /** The snapshot of the container as it was when nobody had used it; absent where the storage has none, or before it was taken. */
  readonly pristine?: string
  /** Only while claimed. */
  readonly claim?: Claim
  /** Only while quarantined: why, in a sentence. */
  readonly reason?: string
  /** Only while releasing: it was asked to be destroyed, whatever the pool does with released ones. */
  readonly destroy?: true
}

export interface Claim {
  readonly instanceId: string
  /** One attempt of one request. */
  readonly id: string
  /** The request id that also stands in the log. */
  readonly request: string
  /** Seconds since the epoch. */
  readonly at: number
  /** Seconds since the epoch: when the container had become ready. */
  readonly readySince?: number
  /** Seconds since the epoch; absent: until released. */
  readonly expires?: number
  readonly metadata: Readonly<Record<string, string>>
  /** Ids of claims that the same request made before on other containers and gave up, though it could not see what became of them. */
  readonly supersedes?: readonly string[]
  /** What the request puts into the container is not all there yet: nobody was answered. */
  readonly unfinished?: true
}
