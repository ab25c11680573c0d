import pLimit, { type LimitFunction } from 'p-limit'

/** As many calls as a node's pvedaemon works on at a time: one more would only make everybody wait there. */
const PER_NODE = 3

/** Every change that a pool sends passes here: never more than three of them are on their way to one node. */
export class NodeWrites {
  readonly #limits = new Map<string, LimitFunction>()

  run<T>(node: string, write: () => Promise<T>): Promise<T> {
    const known = this.#limits.get(node)
    const limit = known ?? pLimit(PER_NODE)
    if (known === undefined) this.#limits.set(node, limit)
    return limit(write)
  }
}
