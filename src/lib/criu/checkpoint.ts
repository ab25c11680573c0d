import type { NamedContainer } from '../instance/find.js'
import type { Manifest } from './manifest.js'

export interface CheckpointRequest {
  /** Default: the time, `20261122-061500` (UTC). Valid names are those of Proxmox snapshots. */
  readonly name?: string
  /** The container goes on running. */
  readonly leaveRunning: boolean
  /** How many finished checkpoints of the container stay, this one included. */
  readonly keep: number
  readonly compress: boolean
}

/** Milliseconds that the stages took, as seen from here. */
export interface CheckpointTimes {
  /** Looking whether it can work. */
  readonly preflight: number
  /** On the node: criu, and waiting for the end of the container. */
  readonly checkpoint: number
  readonly total: number
}

export interface CheckpointOutcome extends NamedContainer {
  readonly checkpoint: string
  /** What it is now. */
  readonly status: 'running' | 'stopped'
  readonly manifest: Manifest
  readonly times: CheckpointTimes
  /** Older checkpoints that were removed. */
  readonly pruned: readonly string[]
}
