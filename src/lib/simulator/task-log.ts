import type { LineTable } from './line-table.js'

export interface LogLine {
  /** From 1. */
  readonly n: number
  readonly t: string
}

/** The log files of a node's tasks, by UPID. */
export class TaskLogs {
  readonly #lines: LineTable
  readonly #empty = new Set<string>()

  constructor(lines: LineTable) {
    this.#lines = lines
  }

  /** The file is there from now on. */
  open(upid: string): void {
    this.#empty.add(upid)
  }

  append(upid: string, line: string): void {
    this.#empty.delete(upid)
    this.#lines.append(upid, line)
  }

  /** Continues the last line. */
  appendMore(upid: string, text: string): void {
    this.#lines.amend(upid, text)
  }

  /** All lines; undefined when there is no such file. */
  lines(upid: string): readonly string[] | undefined {
    return this.#lines.get(upid) ?? (this.#empty.has(upid) ? [] : undefined)
  }

  remove(upid: string): void {
    this.#empty.delete(upid)
    this.#lines.delete(upid)
  }

  /** A page of a log as `GET …/log` shows it; `limit` 0 is everything (PVE-FACTS 2.4). */
  page(upid: string, start: number, limit: number): { readonly lines: readonly LogLine[]; readonly total: number } {
    const lines = this.lines(upid) ?? ['unable to open file - No such file or directory']
    const shown = lines.length > 0 ? lines : ['no content']
    const end = limit === 0 ? shown.length : start + limit
    return { lines: shown.slice(start, end).map((t, index) => ({ n: start + index + 1, t })), total: shown.length }
  }
}
