import type { Process } from './process.js'

/** The advisory locks of one machine, by path: held by a process, and free as soon as that ends, in whatever way. */
export class FileLocks {
  readonly #holders = new Map<string, Process>()
  readonly #waiting = new Map<string, (() => void)[]>()

  /** Takes the lock for `process`, or says that somebody else has it. */
  take(path: string, process: Process): boolean {
    const holder = this.#holders.get(path)
    if (holder !== undefined) return holder === process
    this.#holders.set(path, process)
    process.onEnd(() => this.release(path, process))
    return true
  }

  release(path: string, process: Process): void {
    if (this.#holders.get(path) !== process) return
    this.#holders.delete(path)
    for (const wake of this.#waiting.get(path) ?? []) wake()
    this.#waiting.delete(path)
  }

  /** Settles when whoever holds the lock lets it go. */
  released(path: string): Promise<void> {
    if (!this.#holders.has(path)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.set(path, [...(this.#waiting.get(path) ?? []), resolve]))
  }
}
