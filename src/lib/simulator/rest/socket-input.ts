import type { Duplex } from 'node:stream'

/** The peer ended the connection, or sent nothing for too long. */
export class InputEnded extends Error {
  override readonly name = 'InputEnded'
}

const NEWLINE = 0x0a
const MAX_LINE_BYTES = 1024 * 1024

/** Takes lines and blocks of bytes out of a socket, one at a time. What has not been asked for stays in the buffer. */
export class SocketInput {
  readonly #socket: Duplex
  readonly #idleMs: number
  #buffer: Buffer = Buffer.alloc(0)
  #ended = false
  #wake: (() => void) | undefined

  /** `idleMs`: how long the peer may be silent while something is waited for. */
  constructor(socket: Duplex, idleMs: number) {
    this.#socket = socket
    this.#idleMs = idleMs
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', () => this.#end())
    socket.on('end', () => this.#end())
    socket.on('close', () => this.#end())
  }

  /** The next line without its line end. Rejects with InputEnded. */
  async line(): Promise<string> {
    let end = this.#buffer.indexOf(NEWLINE)
    while (end === -1) {
      const known = this.#buffer.length
      if (known > MAX_LINE_BYTES) throw new InputEnded('line too long')
      await this.#more()
      end = this.#buffer.indexOf(NEWLINE, known)
    }
    const line = this.#buffer.subarray(0, end).toString('utf8')
    this.#buffer = this.#buffer.subarray(end + 1)
    return line.endsWith('\r') ? line.slice(0, -1) : line
  }

  /** Exactly so many bytes. Rejects with InputEnded. */
  async bytes(count: number): Promise<Buffer> {
    while (this.#buffer.length < count) await this.#more()
    const bytes = this.#buffer.subarray(0, count)
    this.#buffer = this.#buffer.subarray(count)
    return bytes
  }

  /** Resolves when the peer has been silent for the idle time or has gone; what it sends is thrown away. */
  async silence(): Promise<void> {
    try {
      for (;;) {
        this.#buffer = Buffer.alloc(0)
        await this.#more()
      }
    } catch (error) {
      if (!(error instanceof InputEnded)) throw error
    }
  }

  async #more(): Promise<void> {
    const before = this.#buffer.length
    if (this.#ended) throw new InputEnded('closed')
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, this.#idleMs)
    })
    clearTimeout(timer)
    this.#wake = undefined
    if (this.#buffer.length === before) throw new InputEnded(this.#ended ? 'closed' : 'idle')
  }

  #take(chunk: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk])
    this.#wake?.()
  }

  #end(): void {
    this.#ended = true
    this.#wake?.()
  }

  get socket(): Duplex {
    return this.#socket
  }
}
