import type { PoolContext } from '../context.js'

/** Milliseconds between two attempts at what goes on behind an answer. */
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 30_000

/** What goes on after the caller has been answered, or has left: tried again until it is done or the pool closes. */
export class Behind {
  readonly #context: PoolContext
  readonly #under = new Set<Promise<unknown>>()

  constructor(context: PoolContext) {
    this.#context = context
  }

  /** `attempt` says whether it is done; one that throws is tried again. */
  begin(what: string, attempt: () => Promise<boolean>): Promise<void> {
    const work = this.#repeat(what, attempt)
    this.follow(work)
    return work
  }

  /** Something that goes on by itself, and never rejects. */
  follow(work: Promise<unknown>): void {
    const under = work.finally(() => this.#under.delete(under))
    this.#under.add(under)
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under)
  }

  async #repeat(what: string, attempt: () => Promise<boolean>): Promise<void> {
    const { clock, signal, log } = this.#context
    for (let pause = FIRST_PAUSE; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        if (await attempt()) return
      } catch (error) {
        log({ level: 'warn', message: `${what}: ${error instanceof Error ? error.message : String(error)}` })
      }
      await clock.sleep(pause, signal).catch(() => undefined)
    }
  }
}
