import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../clock.js'

export interface SimulatorClockOptions {
  /** Simulated time runs this many times faster than real time. Default 1. */
  readonly scale?: number
  /** Simulated time at the start, in milliseconds since the epoch. Default: the real one. */
  readonly start?: number
}

/** Real timers, scaled time. */
export function simulatorClock({ scale = 1, start = Date.now() }: SimulatorClockOptions = {}): Clock {
  if (!(scale > 0)) throw new RangeError('the time scale must be greater than zero')
  const began = performance.now()
  return {
    now: () => start + Math.floor((performance.now() - began) * scale),
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      try {
        await delay(ms / scale, undefined, signal === undefined ? undefined : { signal })
      } catch (error) {
        signal?.throwIfAborted()
        throw error
      }
    },
  }
}
