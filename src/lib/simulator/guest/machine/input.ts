import type { Readable } from 'node:stream'

/** Where a process reads: chunk by chunk, undefined at the end. What was read too much can be put back. */
export class Input {
  readonly #pull: () => Promise<Uint8Array | undefined>
  readonly #close: () => void
  readonly #back: Uint8Array[] = []

  constructor(pull: () => Promise<Uint8Array | undefined>, close: () => void = () => undefined) {
    this.#pull = pull
    this.#close = close
  }

  async read(): Promise<Uint8Array | undefined> {
    return this.#back.pop() ?? this.#pull()
  }

  unread(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#back.push(chunk)
  }

  /** Nobody reads any more: a writer at the other end gets SIGPIPE. */
  close(): void {
    this.#close()
  }

  /** One line without its newline; undefined at the end. Leaves the rest for whoever reads next. */
  async readLine(): Promise<{ readonly text: string; readonly complete: boolean } | undefined> {
    const parts: Uint8Array[] = []
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) {
      const end = chunk.indexOf(10)
      if (end < 0) {
        parts.push(chunk)
        continue
      }
      parts.push(chunk.subarray(0, end))
      this.unread(chunk.subarray(end + 1))
      return { text: Buffer.concat(parts).toString('utf8'), complete: true }
    }
    return parts.length === 0 ? undefined : { text: Buffer.concat(parts).toString('utf8'), complete: false }
  }

  /** Lines without their newlines. */
  async *lines(): AsyncGenerator<string> {
    for (let line = await this.readLine(); line !== undefined; line = await this.readLine()) yield line.text
  }

  async readAll(): Promise<Buffer> {
    const parts: Uint8Array[] = []
    for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) parts.push(chunk)
    return Buffer.concat(parts)
  }
}

export function emptyInput(): Input {
  return new Input(async () => undefined)
}

export function inputOf(chunks: Iterable<Uint8Array>): Input {
  const iterator = chunks[Symbol.iterator]()
  return new Input(async () => {
    const next = iterator.next()
    return next.done === true ? undefined : next.value
  })
}

/** Reads a Node stream only as fast as the process does, and leaves it open when the process ends. */
export function inputFrom(stream: Readable): Input {
  return new Input(
    () =>
      new Promise((resolve) => {
        const attempt = () => {
          const chunk: unknown = stream.read()
          if (chunk === null) {
            if (stream.readableEnded || stream.destroyed || stream.errored !== null) finish(undefined)
            return
          }
          finish(typeof chunk === 'string' ? Buffer.from(chunk) : chunk instanceof Uint8Array ? chunk : undefined)
        }
        const end = () => finish(undefined)
        const finish = (chunk: Uint8Array | undefined) => {
          stream.off('readable', attempt).off('end', end).off('close', end).off('error', end)
          resolve(chunk)
        }
        stream.on('readable', attempt).on('end', end).on('close', end).on('error', end)
        attempt()
      }),
  )
}
