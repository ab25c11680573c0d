import { createPoolClient, type PoolClient } from '../../src/lib/pool/client.js'

/** Tells when a container of a pool has become ready, by the daemon's event stream: asking all the time would take the daemon's time. */
export class Changes {
  readonly #client: PoolClient
  #count = 0
  #wake: () => void = () => undefined

  private constructor(client: PoolClient) {
    this.#client = client
  }

  static async listen(url: string): Promise<Changes> {
    const client = createPoolClient({ url })
    const changes = new Changes(client)
    const events = await client.events()
    // It ends when we close, or with the daemon.
    changes.#follow(events).catch(() => undefined)
    return changes
  }

  /** Goes up with every change. */
  get count(): number {
    return this.#count
  }

  /** Resolves when the count is more than `seen`. */
  async beyond(seen: number): Promise<void> {
    while (this.#count <= seen) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  close(): void {
    void this.#client.close()
  }

  async #follow(events: Awaited<ReturnType<PoolClient['events']>>): Promise<void> {
    for await (const event of events) {
      if (event.kind !== 'state' || event.to !== 'ready') continue
      this.#count++
      this.#wake()
    }
  }
}
