import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../src/lib/clock.js'

interface Sleeper {
  readonly due: number
  readonly wake: () => void
}

/**
 * A clock for tests that talk to real sockets: a short sleep is over at once and moves the time forward; a long one (a
 * time limit) is over when the short ones, or `advance`, have moved the time that far.
 */
export class JumpingClock implements Clock {
  readonly #limit: number
  readonly #sleepers = new Set<Sleeper>()
  #now = Date.UTC(2026, 0, 2, 3, 4, 5)
  /** Every pause that was asked for, in milliseconds. */
  readonly pauses: number[] = []

  constructor(limit = 5_000) {
    this.#limit = limit
  }

  now(): number {
    return this.#now
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (ms <= this.#limit) {
      this.pauses.push(ms)
      this.advance(ms)
      await turn()
      signal?.throwIfAborted()
      return
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers.delete(sleeper)
        reject(signal?.reason)
      }
      const wake = () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const sleeper: Sleeper = { due: this.#now + ms, wake }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  advance(ms: number): void {
    this.#now += ms
    for (const sleeper of this.#sleepers) {
      if (sleeper.due > this.#now) continue
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
  }
}
