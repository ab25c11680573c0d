import type { Clock } from '../clock.js'
import type { PveClient } from '../pve/client.js'
import type { LogEntry } from './context.js'
import type { GuestAccess } from './guest-access.js'
import type { Pool } from './pool.js'
import type { PoolSettings } from './settings.js'

export interface OpenPoolOptions {
  readonly client: PveClient
  readonly settings: PoolSettings
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
  /** Id of this run; stands in every record that it writes, and must differ from that of any other run. */
  readonly owner: string
  readonly guests?: GuestAccess
  readonly onLog?: (entry: LogEntry) => void
}

/** A pool with the controller that keeps it. */
export interface RunningPool extends Pool {
  /** Keeps the pool until the signal is aborted; then begins nothing new, and resolves when what was begun has ended. */
  run(signal: AbortSignal): Promise<void>
  /** Observes once, plans, and resolves when everything that was begun for it has ended. */
  tick(): Promise<void>
  /** Ends all waiting. What runs in Proxmox goes on there; any daemon carries on with it. */
  close(): Promise<void>
}

export type OpenPool = (options: OpenPoolOptions) => Promise<RunningPool>
