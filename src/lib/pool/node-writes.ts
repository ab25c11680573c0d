import PQueue from 'p-queue'

/** As many calls as a node's pvedaemon works on at a time: one more would only make everybody wait there. */
const PER_NODE = 3

/** Every change that a pool sends passes here: never more than three of them are on their way to one node. */
export class NodeWrites {
  readonly #queues = new Map<string, PQueue>()
  readonly #onRefusal: (error: unknown) => void

  /** `onRefusal` is told what every change failed with. */
  constructor(onRefusal: (error: unknown) => void) {
    this.#onRefusal = onRefusal
  }

  /** `first`: before others that wait, as more than its own caller waits for it. */
  async run<T>(
    node: string,
    write: () => Promise<T>,
    { first = false }: { readonly first?: boolean } = {},
  ): Promise<T> {
    const known = this.#queues.get(node)
    const queue = known ?? new PQueue({ concurrency: PER_NODE })
    if (known === undefined) this.#queues.set(node, queue)
    try {
      return await queue.add(write, { priority: first ? 1 : 0 })
    } catch (error) {
      this.#onRefusal(error)
      throw error
    }
  }
}
