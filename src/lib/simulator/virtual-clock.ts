import type { Clock } from '../clock.js'

interface Timer {
  readonly at: number
  readonly order: number
  readonly fire: () => void
  cancelled: boolean
}

/**
 * Time that only moves when told to. Timers fire in order of their deadline, and everything that one of them set off has
 * settled before the next one fires, so that a run depends on nothing but the order of events.
 */
export class VirtualClock implements Clock {
  #now: number
  #order = 0
  readonly #timers: Timer[] = []

  /** `start`: milliseconds since the epoch. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = () => {
        timer.cancelled = true
        reject(signal?.reason)
      }
      const fire = () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      }
      const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fire, cancelled: false }
      signal?.addEventListener('abort', onAbort, { once: true })
      push(this.#timers, timer)
    })
  }

  /** Lets `ms` milliseconds pass. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms
    await this.#run(target)
    this.#now = Math.max(this.#now, target)
  }

  /** Jumps from timer to timer until none is left, or `limitMs` have passed. */
  async runUntilIdle(limitMs = Number.POSITIVE_INFINITY): Promise<void> {
    await this.#run(this.#now + limitMs)
  }

  /** Lets time pass until `promise` has settled, and answers as it does. Rejects when nothing is left that could settle it. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let pending = true
    const done = () => {
      pending = false
    }
    promise.then(done, done)
    await settle()
    while (pending) {
      if (!this.#fireNext(Number.POSITIVE_INFINITY)) throw new Error('nothing is left that could settle the promise')
      await settle()
    }
    return promise
  }

  async #run(limit: number): Promise<void> {
    await settle()
    while (this.#fireNext(limit)) await settle()
  }

  #fireNext(limit: number): boolean {
    for (let timer = this.#timers[0]; timer !== undefined && timer.at <= limit; timer = this.#timers[0]) {
      pop(this.#timers)
      if (timer.cancelled) continue
      this.#now = Math.max(this.#now, timer.at)
      timer.fire()
      return true
    }
    return false
  }
}

/** Promise chains of any length have run when the event loop comes round to its check phase. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

const before = (a: Timer, b: Timer) => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Adds to a binary heap whose first element is the next to fire. */
function push(heap: Timer[], timer: Timer): void {
  let index = heap.push(timer) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    const above = heap[parent]
    if (above === undefined || before(above, timer)) break
    heap[index] = above
    index = parent
  }
  heap[index] = timer
}

function pop(heap: Timer[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let index = 0
  for (;;) {
    let child = 2 * index + 1
    let below = heap[child]
    const right = heap[child + 1]
    if (below !== undefined && right !== undefined && before(right, below)) {
      child++
      below = right
    }
    if (below === undefined || before(last, below)) break
    heap[index] = below
    index = child
  }
  heap[index] = last
}
