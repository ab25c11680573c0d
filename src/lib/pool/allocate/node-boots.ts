import { isCmuxError } from '../../errors.js'
import type { PveClient } from '../../pve/client.js'
import type { PoolContext } from '../context.js'
import { startOf } from '../run-state.js'

/**
 * When nodes have booted, as they say themselves: the index lags. However many ask about a node, one read is under way at a time, and everybody gets one that
 * began after they asked.
 */
export class NodeBoots {
  readonly #context: PoolContext
  readonly #running = new Map<string, Promise<number | undefined>>()
  readonly #next = new Map<string, Promise<number | undefined>>()

  constructor(context: PoolContext) {
    this.#context = context
  }

  /** Seconds since the epoch; undefined: the token may not see it (Sys.Audit). */
  bootedAt(node: string): Promise<number | undefined> {
    const running = this.#running.get(node)
    if (running === undefined) return this.#begin(node)
    const known = this.#next.get(node)
    if (known !== undefined) return known
    const next = running.then(
      () => this.#begin(node),
      () => this.#begin(node),
    )
    this.#next.set(node, next)
    return next
  }

  #begin(node: string): Promise<number | undefined> {
    this.#next.delete(node)
    const running = this.#read(node).finally(() => {
      if (this.#running.get(node) === running) this.#running.delete(node)
    })
    this.#running.set(node, running)
    return running
  }

  async #read(node: string): Promise<number | undefined> {
    const { client, clock } = this.#context
    return uptimeOf(client, node).then((uptime) => (uptime === undefined ? undefined : startOf(uptime, clock.now())))
  }
}

async function uptimeOf(client: PveClient, node: string): Promise<number | undefined> {
  try {
    return (await client.nodes.status(node)).uptime
  } catch (error) {
    if (isCmuxError(error, 'forbidden')) return undefined
    throw error
  }
}
