import { setTimeout as delay } from 'node:timers/promises'

/** A timer of Node's for more milliseconds than these goes off at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Time comes in through the door: product code asks a Clock, so that a test can replay any interleaving. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms` milliseconds; rejects with the signal's reason as soon as it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** What `after` does, where that is cheaper than a sleep with a signal. */
  after?(ms: number, action: () => void): () => void
}

/**
 * Calls `action` after `ms` milliseconds, unless the answered function is called before: most time limits never strike, and a signal for each
 * of them costs more than what it limits.
 */
export function after(clock: Clock, ms: number, action: () => void): () => void {
  if (clock.after !== undefined) return clock.after(ms, action)
  const over = new AbortController()
  clock.sleep(ms, over.signal).then(action, () => undefined)
  return () => over.abort()
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
  after(ms, action) {
    let timer: NodeJS.Timeout
    const wait = (left: number) => {
      timer = setTimeout(
        () => (left > LONGEST_TIMER ? wait(left - LONGEST_TIMER) : action()),
        Math.min(left, LONGEST_TIMER),
      )
    }
    wait(ms)
    return () => clearTimeout(timer)
  },
}

/** The machine's time when the process began, and what has passed since: it does not jump when somebody sets the machine's clock. */
export const steadyClock: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() }
