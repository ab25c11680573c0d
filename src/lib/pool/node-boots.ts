import type { Clock } from '../clock.js'
import { isCmuxError } from '../errors.js'
import type { PveClient } from '../pve/client.js'
import { startOf } from './run-state.js'

/** Milliseconds for which what a node said holds: none goes down and comes up again in that time. */
const FRESH = 1_000

interface Asked {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly bootedAt: Promise<number | undefined>
}

/** When nodes have booted, as they say themselves: the index lags. However many ask about a node, it is asked once a second. */
export class NodeBoots {
  readonly #client: PveClient
  readonly #clock: Clock
  readonly #asked = new Map<string, Asked>()

  constructor(client: PveClient, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Seconds since the epoch; undefined: the token may not see it (Sys.Audit). */
  bootedAt(node: string): Promise<number | undefined> {
    const now = this.#clock.now()
    const known = this.#asked.get(node)
    if (known !== undefined && now >= known.at && now - known.at < FRESH) return known.bootedAt
    const asked: Asked = { at: now, bootedAt: this.#read(node) }
    this.#asked.set(node, asked)
    asked.bootedAt.catch(() => {
      if (this.#asked.get(node) === asked) this.#asked.delete(node)
    })
    return asked.bootedAt
  }

  async #read(node: string): Promise<number | undefined> {
    const uptime = await uptimeOf(this.#client, node)
    return uptime === undefined ? undefined : startOf(uptime, this.#clock.now())
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
