/** Milliseconds that something which failed is left alone at first; doubled with each further failure. */
const FIRST_REST = 1_000

interface Failure {
  readonly count: number
  readonly until: number
}

/** What this run is doing, by what it is done to: one thing at a time to each container. What failed is left alone for a while. */
export class Jobs {
  readonly #running = new Map<string, Promise<void>>()
  readonly #failures = new Map<string, Failure>()
  readonly #longestRest: number
  readonly #onEnd: () => void

  /** `longestRest` in milliseconds. `onEnd` is told whenever one has ended. */
  constructor(longestRest: number, onEnd: () => void) {
    this.#longestRest = longestRest
    this.#onEnd = onEnd
  }

  /** Begins a job that never rejects; nothing happens when one with that key runs. */
  begin(key: string, job: () => Promise<void>): void {
    if (this.#running.has(key)) return
    const running = job().finally(() => {
      this.#running.delete(key)
      this.#onEnd()
    })
    this.#running.set(key, running)
  }

  isRunning(key: string): boolean {
    return this.#running.has(key)
  }

  /** A job works on the container, or has failed on it a moment ago. */
  isBusy(vmid: number, now: number): boolean {
    if (this.#running.size === 0 && this.#failures.size === 0) return false
    const key = `${vmid}`
    return this.#running.has(key) || this.isResting(key, now)
  }

  get count(): number {
    return this.#running.size
  }

  /** Resolves when the first of those that run now has ended; at once when none does. */
  async oneEnded(): Promise<void> {
    if (this.#running.size > 0) await Promise.race(this.#running.values())
  }

  async allEnded(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values())
  }

  /** `now` in milliseconds since the epoch. */
  failed(key: string, now: number): void {
    const count = (this.#failures.get(key)?.count ?? 0) + 1
    this.#failures.set(key, { count, until: now + Math.min(this.#longestRest, FIRST_REST * 2 ** (count - 1)) })
  }

  /** How often it has failed in a row. */
  failures(key: string): number {
    return this.#failures.get(key)?.count ?? 0
  }

  succeeded(key: string): void {
    this.#failures.delete(key)
  }

  /** Not before `until` (milliseconds since the epoch), without being a failure. */
  postpone(key: string, until: number): void {
    this.#failures.set(key, { count: 0, until })
  }

  isResting(key: string, now: number): boolean {
    const failure = this.#failures.get(key)
    return failure !== undefined && now < failure.until
  }
}
