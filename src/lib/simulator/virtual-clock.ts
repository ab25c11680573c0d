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
        cancel()
        reject(signal?.reason)
      }
      const cancel = this.after(ms, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })
  }

  after(ms: number, action: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fire: action, cancelled: false }
    push(this.#timers, timer)
    return () => {
      timer.cancelled = true
    }
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
    await turns(() => pending && this.#fireNext(Number.POSITIVE_INFINITY))
    if (pending) throw new Error('nothing is left that could settle the promise')
    return promise
  }

  #run(limit: number): Promise<void> {
    return turns(() => this.#fireNext(limit))
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

/** As many turns are ordered at once: going round the event loop for each would cost as much as what happens in it. */
const MOST_TURNS = 32

/**
 * Calls `turn` until it answers false. Before each call, and in the end, promise chains of any length have run: Node sees to that between
 * two immediates of the same round as well. Rejects when `turn` throws.
 */
function turns(turn: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let goesOn = true
    const take = () => {
      if (!goesOn) return
      try {
        goesOn = turn()
        if (!goesOn) resolve()
      } catch (error) {
        goesOn = false
        reject(error)
      }
    }
    const round = (size: number) => {
      if (!goesOn) return
      for (let count = 0; count < size; count++) setImmediate(take)
      setImmediate(round, Math.min(2 * size, MOST_TURNS))
    }
    round(1)
  })
}

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
