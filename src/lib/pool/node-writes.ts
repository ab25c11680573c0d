import pLimit, { type LimitFunction } from 'p-limit'

/** As many calls as a node's pvedaemon works on at a time: one more would only make everybody wait there. */
const PER_NODE = 3

/** Every change that a pool sends passes here: never more than three of them are on their way to one node. */
export class NodeWrites {
  readonly #limits = new Map<string, LimitFunction>()
  readonly #onRefusal: (error: unknown) => void

  /** `onRefusal` is told what every change failed with. */
  constructor(onRefusal: (error: unknown) => void) {
    this.#onRefusal = onRefusal
  }

  async run<T>(node: string, write: () => Promise<T>): Promise<T> {
    const known = this.#limits.get(node)
    const limit = known ?? pLimit(PER_NODE)
    if (known === undefined) this.#limits.set(node, limit)
    try {
      return await limit(write)
    } catch (error) {
      this.#onRefusal(error)
      throw error
    }
  }
}
