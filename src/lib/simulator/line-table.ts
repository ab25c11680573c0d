/** How a text came to a list of lines: as a new one, or as more text on the last one. */
export type LineChange = 'append' | 'amend'

/** Lists of lines by key, such as log files: appending costs the same however long a list is. */
export class LineTable {
  readonly #lists = new Map<string, string[]>()
  readonly #changed: (key: string, text: string | undefined, how?: LineChange) => void

  constructor(changed: (key: string, text: string | undefined, how?: LineChange) => void) {
    this.#changed = changed
  }

  get size(): number {
    return this.#lists.size
  }

  get(key: string): readonly string[] | undefined {
    return this.#lists.get(key)
  }

  append(key: string, line: string): void {
    const list = this.#lists.get(key)
    if (list === undefined) this.#lists.set(key, [own(line)])
    else list.push(own(line))
    this.#changed(key, line, 'append')
  }

  /** Continues the last line. */
  amend(key: string, text: string): void {
    const list = this.#lists.get(key)
    if (list === undefined) {
      this.append(key, text)
      return
    }
    list.push(own(`${list.pop() ?? ''}${text}`))
    this.#changed(key, text, 'amend')
  }

  delete(key: string): void {
    if (this.#lists.delete(key)) this.#changed(key, undefined)
  }

  entries(): IterableIterator<[string, readonly string[]]> {
    return this.#lists.entries()
  }
}

/** A string of its own: one that was put together from parts keeps all that the parts were cut from in memory. */
const own = (text: string): string => Buffer.from(text, 'utf8').toString('utf8')
