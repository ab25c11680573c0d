import type { PveClient } from '../pve/client.js'
import type { Answered } from './answered.js'
import type { PoolClock } from './cluster-clock.js'
import type { NodeBoots } from './node-boots.js'
import type { NodeWrites } from './node-writes.js'
import type { PoolEvent } from './pool.js'
import type { Records } from './records.js'
import type { PoolSettings } from './settings.js'
import type { View } from './view.js'

/** A line for the log of the daemon. */
export interface LogEntry {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly [field: string]: unknown
}

/** What all parts of a pool share. */
export interface PoolContext {
  readonly client: PveClient
  readonly settings: PoolSettings
  readonly clock: PoolClock
  /** A number in [0, 1). */
  readonly random: () => number
  /** Id of this run of a daemon: stands in every record that it writes. */
  readonly owner: string
  readonly view: View
  readonly records: Records
  readonly writes: NodeWrites
  readonly boots: NodeBoots
  readonly answered: Answered
  readonly emit: (event: PoolEvent) => void
  readonly log: (entry: LogEntry) => void
  /** Aborted when the pool closes: nothing new is begun, waiting ends. */
  readonly signal: AbortSignal
}
