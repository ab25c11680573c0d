import { Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** Tells each line that is written to it, without its end. */
export class LineWriter extends Writable {
  readonly #onLine: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #unfinished = ''

  constructor(onLine: (line: string) => void) {
    super()
    this.#onLine = onLine
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = (this.#unfinished + this.#decoder.write(chunk)).split('\n')
    this.#unfinished = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line)
    done()
  }
}
