import { setTimeout as delay } from 'node:timers/promises'

/** Time comes in through the door: product code asks a Clock, so that a test can replay any interleaving. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    signal?.throwIfAborted()
    try {
      await delay(ms, undefined, signal === undefined ? undefined : { signal })
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}
