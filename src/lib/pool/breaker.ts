/** So many failures in a row open it. */
const FAILURES = 3
/** Milliseconds until one attempt is allowed again: doubled after each that fails. */
const FIRST_REST = 30_000
const LONGEST_REST = 900_000

/** Stops what fails again and again, and lets one attempt through from time to time. */
export class Breaker {
  #failures = 0
  #openUntil = 0
  #reason = ''

  succeeded(): void {
    this.#failures = 0
    this.#openUntil = 0
  }

  /** `now` in milliseconds since the epoch. */
  failed(reason: string, now: number): void {
    this.#failures++
    this.#reason = reason
    if (this.#failures < FAILURES) return
    this.#openUntil = now + Math.min(LONGEST_REST, FIRST_REST * 2 ** (this.#failures - FAILURES))
  }

  state(now: number): 'closed' | 'half-open' | 'open' {
    if (this.#failures < FAILURES) return 'closed'
    return now < this.#openUntil ? 'open' : 'half-open'
  }

  /** The last failure. */
  get reason(): string {
    return this.#reason
  }

  get failures(): number {
    return this.#failures
  }
}
