import type { Api } from './api.js'
import { apiPath } from './encoding.js'
import { listOf, number, object, text } from './reader.js'
import { parseUpid, type Upid } from './upid.js'

export interface TaskLogLine {
  /** From 1. */
  readonly n: number
  readonly text: string
}

export interface TaskLog {
  readonly lines: readonly TaskLogLine[]
  /** How many lines the log has. */
  readonly total: number
}

export interface LogRange {
  /** How many lines to skip. */
  readonly start?: number
  /** Proxmox's default is 50, 0 is all (PVE-FACTS 2.4). */
  readonly limit?: number
}

const line = object((fields) => ({ n: fields.get('n', number), text: fields.get('t', text) }))

/** Lines of a task's log. A log without lines is empty, where Proxmox sends one line `no content`. */
export function readLog(api: Api, upid: Upid, range: LogRange = {}, signal?: AbortSignal): Promise<TaskLog> {
  return api.getAnswer(
    apiPath`/nodes/${parseUpid(upid).node}/tasks/${upid}/log`,
    (answer, where) => {
      const lines = listOf(line)(answer['data'], `${where}data`)
      const [first] = lines
      if (lines.length === 1 && first?.text === 'no content') return { lines: [], total: 0 }
      const total =
        answer['total'] === undefined || answer['total'] === null ? lines.length : number(answer['total'], 'total')
      return { lines, total }
    },
    { query: { ...range }, signal },
  )
}

const PAGE = 500

/** The last `count` lines: the default of Proxmox would be the first 50. */
export async function readLogEnd(
  api: Api,
  upid: Upid,
  count: number,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const page = await readLog(api, upid, { start: 0, limit: PAGE }, signal)
  const end =
    page.total > page.lines.length
      ? await readLog(api, upid, { start: Math.max(0, page.total - count), limit: count }, signal)
      : page
  return end.lines.slice(-count).map((entry) => entry.text)
}

/** Reads what was added to a log since the last time. */
export class LogFollower {
  readonly #api: Api
  readonly #upid: Upid
  #read = 0

  constructor(api: Api, upid: Upid) {
    this.#api = api
    this.#upid = upid
  }

  async next(signal?: AbortSignal): Promise<readonly string[]> {
    const added: string[] = []
    for (;;) {
      const { lines } = await readLog(this.#api, this.#upid, { start: this.#read, limit: PAGE }, signal)
      this.#read += lines.length
      added.push(...lines.map((entry) => entry.text))
      if (lines.length < PAGE) return added
    }
  }
}
