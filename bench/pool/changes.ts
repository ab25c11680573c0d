import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'

/** Tells when a container of a pool has become ready, by the daemon's event stream: asking all the time would take the daemon's time. */
export class Changes {
  readonly #answer: IncomingMessage
  #count = 0
  #wake: () => void = () => undefined

  private constructor(answer: IncomingMessage) {
    this.#answer = answer
    answer.setEncoding('utf8').on('data', (text: string) => {
      if (!text.includes('"to":"ready"')) return
      this.#count++
      this.#wake()
    })
  }

  static async listen(url: string): Promise<Changes> {
    const [answer] = await once(get(`${url}/events`), 'response')
    return new Changes(answer)
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
    this.#answer.destroy()
  }
}
