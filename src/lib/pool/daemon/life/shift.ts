import { CmuxError } from '../../../errors.js'

/** The allocates under way, and whether new ones are taken. */
export class Shift {
  readonly #running = new Set<Promise<unknown>>()
  readonly #abandoned = new AbortController()
  readonly #ended = new AbortController()

  /** Aborted when the daemon is asked to stop: no new allocates from then on. */
  get ending(): AbortSignal {
    return this.#ended.signal
  }

  get running(): number {
    return this.#running.size
  }

  /** Does work that the daemon's end waits for. `draining` when it has begun to stop. The signal says that the patience is over. */
  async work<T>(job: (abandoned: AbortSignal) => Promise<T>): Promise<T> {
    if (this.ending.aborted) throw stopping()
    const running = job(this.#abandoned.signal)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  end(): void {
    this.#ended.abort()
  }

  /** Tells what still runs to come to its end. */
  abandon(): void {
    this.#abandoned.abort(stopping())
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }
}

const stopping = (): CmuxError =>
  new CmuxError('draining', 'This daemon is being stopped', {
    hint: 'Ask again: with the same instance_id nothing is handed out twice.',
    data: { retryAfter: 5 },
  })
