import type { Clock } from '../clock.js'
import type { PveClient } from '../pve/client.js'

/** What every service is given. Services know nothing of flags or terminals: they report through the callbacks and return data. */
export interface ServiceContext {
  readonly client: PveClient
  readonly clock: Clock
  /** Aborting ends the waiting, not the tasks on the node; the error then says which task goes on. */
  readonly signal?: AbortSignal
  /** A number in [0, 1) that spreads those who wait for the same thing. Default: Math.random. */
  readonly random?: () => number
  /** What is being done now, in words for people. */
  readonly onProgress?: (text: string) => void
  /** Something that the caller should know although it went well. */
  readonly onWarning?: (text: string) => void
}

/** Whether and how long a caller waits for tasks. */
export interface Patience {
  readonly wait: boolean
  /** Milliseconds for the whole operation, whatever the number of its tasks. */
  readonly timeout: number
}

/** The end of an operation's time. */
export interface Deadline {
  /** The whole time given, in milliseconds. */
  readonly total: number
  /** Milliseconds left, never negative. */
  remaining(): number
}

export function deadlineIn(clock: Clock, milliseconds: number): Deadline {
  const end = clock.now() + milliseconds
  return { total: milliseconds, remaining: () => Math.max(0, end - clock.now()) }
}
