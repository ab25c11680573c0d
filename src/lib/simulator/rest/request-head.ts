import { Refusal } from '../api/refusal.js'

export interface RequestLine {
  readonly method: string
  readonly url: string
  /** `HTTP/1.1`; the answer echoes it. */
  readonly protocol: string
}

const MAX_HEADER_LINES = 64
const MAX_HEADER_BYTES = 8 * 1024

/** Reads a request line (PVE-FACTS 1.1). Throws the refusals of garbage, other protocol versions and URLs that hide a host. */
export function parseRequestLine(line: string): RequestLine {
  const [, method, url, major, minor] = /(\S+) (\S+) HTTP\/(\d+)\.(\d+)/.exec(line) ?? []
  if (method === undefined || url === undefined) throw new Refusal(400, 'bad request')
  if (major !== '1') throw new Refusal(506, `http protocol version ${major}.${minor} not supported`)
  if (/^[^/]*@/.test(url)) throw new Refusal(400, 'invalid url')
  return { method, url, protocol: `HTTP/${major}.${minor}` }
}

/** Headers that go over a limit: the server writes that into its log and never answers (PVE-FACTS 1.1). */
export class HeaderOverflow extends Error {
  override readonly name = 'HeaderOverflow'
}

/** Collects header lines up to the empty one. Names become lower case, a repeated header is joined with a comma. */
export class HeaderReader {
  readonly #headers = new Map<string, string>()
  #last: string | undefined
  #lines = 0
  #bytes = 0

  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#headers)
  }

  /** True when this line, the empty one, was the last. Throws HeaderOverflow, and the refusal of a line that is no header. */
  add(line: string): boolean {
    this.#bytes += Buffer.byteLength(line)
    if (++this.#lines >= MAX_HEADER_LINES || this.#bytes >= MAX_HEADER_BYTES) throw new HeaderOverflow()
    if (line === '') return true
    const [, name, value = ''] = /^([^:\s]+)\s*:\s*(.*)/.exec(line) ?? []
    if (name !== undefined) this.#start(name.toLowerCase(), value)
    else if (/^\s+/.test(line) && this.#last !== undefined) this.#continue(line)
    else throw new Refusal(506, 'unable to parse request header')
    return false
  }

  #start(name: string, value: string): void {
    const before = this.#headers.get(name)
    this.#headers.set(name, before === undefined ? value : `${before}, ${value}`)
    this.#last = name
  }

  #continue(line: string): void {
    if (this.#last !== undefined) this.#headers.set(this.#last, `${this.#headers.get(this.#last)} ${line.trimStart()}`)
  }
}
