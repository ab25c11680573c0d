import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

/** An answer, byte for byte: the quirks of a server are invisible through node:http. */
export interface RawAnswer {
  readonly statusLine: string
  /** In the order they came, repeated ones as well. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  header(name: string): string | undefined
}

/** A connection on which a test writes and reads HTTP itself. */
export class RawConnection {
  readonly #socket: Socket | TLSSocket
  #buffer = Buffer.alloc(0)
  #ended = false

  private constructor(socket: Socket | TLSSocket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk])
    })
    for (const event of ['end', 'close', 'error'])
      socket.on(event, () => {
        this.#ended = true
      })
  }

  static async tls(port: number): Promise<RawConnection> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    return new RawConnection(socket)
  }

  static async plain(port: number): Promise<RawConnection> {
    const socket = connectTcp({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    return new RawConnection(socket)
  }

  send(text: string): void {
    this.#socket.write(text)
  }

  /** Sends a request of lines and a body, each line ended as HTTP wants it. */
  request(lines: readonly string[], body = ''): void {
    this.send(`${lines.join('\r\n')}\r\n\r\n${body}`)
  }

  /** The next answer. Rejects when the connection ends first. */
  async answer(): Promise<RawAnswer> {
    const end = await this.#until(() => this.#buffer.indexOf('\r\n\r\n'))
    const [statusLine = '', ...lines] = this.#buffer.subarray(0, end).toString('utf8').split('\r\n')
    const headers = lines.map((line) => {
      const colon = line.indexOf(': ')
      return [line.slice(0, colon), line.slice(colon + 2)] as const
    })
    const header = (name: string) => headers.find(([other]) => other.toLowerCase() === name.toLowerCase())?.[1]
    const length = Number(header('Content-Length') ?? 0)
    const start = end + 4
    await this.#until(() => (this.#buffer.length >= start + length ? 0 : -1))
    const body = this.#buffer.subarray(start, start + length)
    this.#buffer = this.#buffer.subarray(start + length)
    return { statusLine, headers, body, header }
  }

  /** Resolves when the server has ended the connection; answers what was left to read. */
  async closed(): Promise<string> {
    if (!this.#ended) await new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    return this.#buffer.toString('utf8')
  }

  get isClosed(): boolean {
    return this.#ended
  }

  destroy(): void {
    this.#socket.destroy()
  }

  async #until(position: () => number): Promise<number> {
    for (;;) {
      const found = position()
      if (found >= 0) return found
      if (this.#ended) throw new Error('the connection ended')
      await new Promise<void>((resolve) => {
        const done = () => {
          for (const event of ['data', 'close', 'end']) this.#socket.off(event, done)
          resolve()
        }
        for (const event of ['data', 'close', 'end']) this.#socket.once(event, done)
      })
    }
  }
}
