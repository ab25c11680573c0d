import { setTimeout as delay } from 'node:timers/promises'

/** A timer of Node's for more milliseconds than these goes off at once. */
const LONGEST_TIMER = 2 ** 31 - 1

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
      let left = ms
      do {
        await delay(Math.min(left, LONGEST_TIMER), undefined, signal === undefined ? undefined : { signal })
        left -= LONGEST_TIMER
      } while (left > 0)
    } catch (error) {
      signal?.throwIfAborted()
      throw error
    }
  },
}
