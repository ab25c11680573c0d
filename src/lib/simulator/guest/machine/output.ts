import type { Writable } from 'node:stream'

/** Nobody reads at the other end: the writer gets SIGPIPE. */
export class BrokenPipe extends Error {
  override readonly name = 'BrokenPipe'
}

/** Where a process writes. A promise that resolves when there is room for more. */
export interface Output {
  write(chunk: Uint8Array): Promise<void>
  /** The last writer is gone. */
  close(): void
}

export const discard: Output = { write: async () => undefined, close: () => undefined }

/** Collects what is written, for a command substitution. */
export class Collected implements Output {
  readonly #parts: Uint8Array[] = []

  async write(chunk: Uint8Array): Promise<void> {
    this.#parts.push(chunk)
  }

  close(): void {}

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

/** Writes to a Node stream, waiting whenever it is full. The stream is left open. */
export function outputTo(stream: Writable): Output {
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => {
        if (stream.destroyed || stream.writableEnded) return reject(new BrokenPipe())
        if (stream.write(chunk)) return resolve()
        const settle = () => {
          stream.off('drain', settle).off('close', settle).off('error', settle)
          if (stream.destroyed) reject(new BrokenPipe())
          else resolve()
        }
        stream.on('drain', settle).on('close', settle).on('error', settle)
      }),
    close: () => undefined,
  }
}
