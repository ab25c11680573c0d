import type { Alarm, PoolEvent } from './pool.js'

/** What an operator should look at. Each is told once when it comes up. */
export class Alarms {
  readonly #raised = new Map<string, Alarm>()
  readonly #emit: (event: PoolEvent) => void

  constructor(emit: (event: PoolEvent) => void) {
    this.#emit = emit
  }

  raise(key: string, alarm: Alarm): void {
    const known = this.#raised.has(key)
    this.#raised.set(key, alarm)
    if (!known) this.#emit({ kind: 'alarm', alarm })
  }

  clear(key: string): void {
    this.#raised.delete(key)
  }

  /** Those whose key begins so and is not among `keep` are over. */
  clearExcept(prefix: string, keep: ReadonlySet<string>): void {
    for (const key of this.#raised.keys()) if (key.startsWith(prefix) && !keep.has(key)) this.#raised.delete(key)
  }

  all(): readonly Alarm[] {
    return [...this.#raised.values()]
  }
}
