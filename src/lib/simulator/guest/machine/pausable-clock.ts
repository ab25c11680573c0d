import type { Clock } from '../../../clock.js'

/** The clock of a machine that can stand still: while it is paused nobody who sleeps wakes up, and afterwards sleeps what was left. */
export class PausableClock implements Clock {
  readonly #clock: Clock
  /** Settles when the clock goes on; undefined: it goes. */
  #standstill: { readonly over: Promise<void>; readonly end: () => void } | undefined
  #pausing = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    for (let left = ms; ; ) {
      await this.#going(signal)
      const begun = this.#clock.now()
      const pausing = this.#pausing.signal
      try {
        await this.#clock.sleep(left, signal === undefined ? pausing : AbortSignal.any([pausing, signal]))
        return
      } catch (error) {
        if (signal?.aborted || !pausing.aborted) throw error
        left = Math.max(0, left - (this.#clock.now() - begun))
      }
    }
  }

  pause(): void {
    if (this.#standstill !== undefined) return
    let end = () => {}
    const over = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#standstill = { over, end }
    this.#pausing.abort()
  }

  resume(): void {
    this.#pausing = new AbortController()
    this.#standstill?.end()
    this.#standstill = undefined
  }

  async #going(signal: AbortSignal | undefined): Promise<void> {
    while (this.#standstill !== undefined) {
      signal?.throwIfAborted()
      let onAbort = () => {}
      const aborted = new Promise<void>((resolve) => {
        onAbort = resolve
        signal?.addEventListener('abort', onAbort, { once: true })
      })
      await Promise.race([this.#standstill.over, aborted])
      signal?.removeEventListener('abort', onAbort)
    }
    signal?.throwIfAborted()
  }
}
