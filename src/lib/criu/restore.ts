import type { NamedContainer } from '../instance/find.js'
import type { ContainerProcess } from './manifest.js'
import type { StaleReason } from './staleness.js'

export interface RestoreRequest {
  /** Default: the one that the container sleeps in, else the newest. */
  readonly checkpoint?: string
  /** A difference between what ran and what runs is an error, not a warning. */
  readonly verify: boolean
  /** Restore although it is stale or another kernel's. A checksum that does not match is never overruled. */
  readonly force: boolean
}

/** A limit of the container's cgroup: what its configuration asks for, and what is in force. */
export interface AppliedLimit {
  /** As the kernel calls it: `memory.max`. */
  readonly name: string
  readonly wanted: string
  /** Absent: the kernel has no such limit here. */
  readonly actual?: string
}

export interface RestoreTimes {
  /** Reading and checking the images. */
  readonly check: number
  /** On the node: criu, limits, process tree. */
  readonly restore: number
  readonly total: number
}

export interface RestoreOutcome extends NamedContainer {
  readonly checkpoint: string
  /** False: it ran already, and only what an interrupted command had left was cleared away. */
  readonly restored: boolean
  readonly limits: readonly AppliedLimit[]
  readonly processes: readonly ContainerProcess[]
  /** What was overruled by `force`. */
  readonly overruled: readonly StaleReason[]
  readonly times: RestoreTimes
}
