import { StringDecoder } from 'node:string_decoder'
import { stripVTControlCharacters } from 'node:util'

const KEPT = 20
const LONGEST = 500
/** What would do things to a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what it looks for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g
/** How a shell begins its complaints; neither the file nor the line, which counts the prelude, means anything to anybody. */
const SHELL_PREFIX = /^\/tmp\/\.cmux-pve-[0-9a-f]+: (?:line )?\d+: /

/** Cuts output into lines as it comes, and remembers the last ones. Without colours, and without what a carriage return overwrote. */
export class LastLines {
  readonly #onLine: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  readonly #lines: string[] = []
  #unfinished = ''

  constructor(onLine: (line: string) => void = () => {}) {
    this.#onLine = onLine
  }

  add(chunk: Buffer): void {
    const lines = (this.#unfinished + this.#decoder.write(chunk)).split('\n')
    // A program that never ends its line must not fill the memory.
    this.#unfinished = (lines.pop() ?? '').slice(-LONGEST * 10)
    for (const line of lines) this.#keep(line)
  }

  /** The last lines, at most 20, without the empty ones. */
  all(): readonly string[] {
    this.#keep(this.#unfinished + this.#decoder.end())
    this.#unfinished = ''
    return [...this.#lines]
  }

  #keep(raw: string): void {
    const text = stripVTControlCharacters(raw.trimEnd().split('\r').at(-1) ?? '')
    const line = text.replace(CONTROL, '').replace(SHELL_PREFIX, '').slice(0, LONGEST)
    if (line.trim() === '') return
    this.#lines.push(line)
    if (this.#lines.length > KEPT) this.#lines.shift()
    this.#onLine(line)
  }
}
