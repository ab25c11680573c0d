import type { Table } from './store.js'

export interface LogLine {
  /** From 1. */
  readonly n: number
  readonly t: string
}

/** The log files of a node's tasks. Every line is a value of its own, so that appending costs the same however long a log is. */
export class TaskLogs {
  readonly #table: Table<string>
  readonly #lines = new Map<string, string[]>()

  constructor(table: Table<string>) {
    this.#table = table
    for (const [key, line] of table.entries()) {
      const [upid = '', number = ''] = key.split(' ')
      const lines = this.#lines.get(upid) ?? []
      lines[Number(number)] = line
      this.#lines.set(upid, lines)
    }
  }

  append(upid: string, line: string): void {
    const lines = this.#lines.get(upid) ?? []
    this.#lines.set(upid, lines)
    this.#table.set(`${upid} ${lines.length}`, line)
    lines.push(line)
  }

  /** Continues the last line. */
  appendMore(upid: string, text: string): void {
    const lines = this.#lines.get(upid) ?? ['']
    const last = lines.length - 1
    lines[last] += text
    this.#table.set(`${upid} ${last}`, lines[last] ?? '')
  }

  /** All lines; undefined when there is no such file. */
  lines(upid: string): readonly string[] | undefined {
    return this.#lines.get(upid)
  }

  open(upid: string): void {
    if (!this.#lines.has(upid)) this.#lines.set(upid, [])
  }

  remove(upid: string): void {
    const lines = this.#lines.get(upid) ?? []
    for (const number of lines.keys()) this.#table.delete(`${upid} ${number}`)
    this.#lines.delete(upid)
  }

  /** A page of a log as `GET …/log` shows it; `limit` 0 is everything (PVE-FACTS 2.4). */
  page(upid: string, start: number, limit: number): { readonly lines: readonly LogLine[]; readonly total: number } {
    const lines = this.#lines.get(upid) ?? ['unable to open file - No such file or directory']
    const shown = lines.length > 0 ? lines : ['no content']
    const end = limit === 0 ? shown.length : start + limit
    return { lines: shown.slice(start, end).map((t, index) => ({ n: start + index + 1, t })), total: shown.length }
  }
}
