import type { Table } from './store.js'
import { UNEXPECTED_STATUS } from './task.js'
import type { TaskLogs } from './task-log.js'
import type { UpidParts } from './upid.js'
import { hexadecimal, parseUpid } from './upid.js'

/** A task as the store keeps it: its UPID says the rest. */
export interface TaskRecord {
  readonly upid: string
  /** Seconds since the epoch; absent while it runs. */
  readonly endtime?: number
  readonly status?: string
}

export type TaskStatusClass = 'ok' | 'error' | 'warning' | 'unknown'

/** Filters of `GET /nodes/{node}/tasks` (PVE-FACTS 2.4). */
export interface TaskFilter {
  readonly start?: number
  readonly limit?: number
  readonly userfilter?: string
  readonly typefilter?: string
  readonly vmid?: number
  readonly errors?: boolean
  readonly source?: 'archive' | 'active' | 'all'
  readonly since?: number
  readonly until?: number
  readonly statusfilter?: readonly TaskStatusClass[]
  /** Whether the caller may see tasks of this user (a user id, or a full token id). Default: all. */
  readonly visible?: (user: string) => boolean
}

export type TaskEntry = Readonly<Record<string, string | number>>

/** Two index files of 50000 bytes each (PVE-FACTS 2.1): that many bytes of finished tasks are listed at least, twice as many at most. */
const INDEX_BYTES = 50_000
/** A log outlives its line in the index, but not for ever. */
const KEPT_LOGS = 10_000

/** All tasks of one node: running ones, the archive of finished ones, and their logs. */
export class TaskIndex {
  readonly logs: TaskLogs
  readonly #table: Table<TaskRecord>
  readonly #active = new Map<string, UpidParts>()
  /** Finished, oldest first: what `index.1` and `index` hold. */
  #older: TaskRecord[] = []
  #newer: TaskRecord[] = []
  #newerBytes = 0

  constructor(table: Table<TaskRecord>, logs: TaskLogs) {
    this.#table = table
    this.logs = logs
    for (const upid of table.keys()) if (logs.lines(upid) === undefined) logs.open(upid)
    const finished = [...table.values()].filter((task) => task.endtime !== undefined)
    for (const task of finished.sort((a, b) => (a.endtime ?? 0) - (b.endtime ?? 0))) this.#archive(task)
  }

  begin(upid: string, parts: UpidParts): void {
    this.#active.set(upid, parts)
    this.logs.open(upid)
    this.#table.set(upid, { upid })
  }

  /** `endtime` in seconds. */
  end(upid: string, status: string, endtime: number): void {
    const task = { upid, endtime, status }
    this.#active.delete(upid)
    this.#table.set(upid, task)
    this.#archive(task)
    this.#forgetOldest()
  }

  /** After a restart: what ran then has ended without a word. */
  endInterrupted(endtime: number): void {
    for (const task of [...this.#table.values()]) {
      if (task.endtime === undefined && !this.#active.has(task.upid)) this.end(task.upid, UNEXPECTED_STATUS, endtime)
    }
  }

  isActive(upid: string): boolean {
    return this.#active.has(upid)
  }

  /** UPIDs of running tasks of a type, such as the shutdowns that a stop overrules. */
  active(type: string, id: string): readonly string[] {
    return [...this.#active].filter(([, parts]) => parts.type === type && parts.id === id).map(([upid]) => upid)
  }

  /** `malformed` and `unknown` are different errors (PVE-FACTS 2.4). */
  find(upid: string): { readonly parts: UpidParts; readonly task: TaskRecord } | 'malformed' | 'unknown' {
    const parts = parseUpid(upid)
    if (parts === undefined) return 'malformed'
    const task = this.#table.get(upid)
    return task === undefined ? 'unknown' : { parts, task }
  }

  /** The data of `GET …/status`. */
  status(upid: string): TaskEntry | 'malformed' | 'unknown' {
    const found = this.find(upid)
    if (typeof found === 'string') return found
    const { parts, task } = found
    const state =
      task.endtime === undefined
        ? { status: 'running' }
        : { status: 'stopped', exitstatus: task.status ?? UNEXPECTED_STATUS }
    return { upid, ...parts, ...owner(parts.user), ...state }
  }

  /** One page of the tasks that match, and how many match in all. */
  list(filter: TaskFilter = {}): { readonly entries: readonly TaskEntry[]; readonly total: number } {
    const { source = 'archive', start = 0, limit = 50 } = filter
    const entries: TaskEntry[] = []
    let total = 0
    const take = (parts: UpidParts, status: string, entry: () => TaskEntry) => {
      if (!matches(parts, status, filter)) return
      if (total++ >= start && entries.length < limit) entries.push(entry())
    }
    if (source !== 'archive') {
      for (const [upid, parts] of [...this.#active].sort(([, a], [, b]) => b.starttime - a.starttime)) {
        // Neither is the user of a running task split, nor is its line in the index yet (PVE-FACTS 2.4).
        take(parts, 'RUNNING', () => ({ upid, ...parts, status: 'RUNNING', saved: '0' }))
      }
    }
    if (source !== 'active') {
      for (const { upid, endtime, status } of this.#newestFirst()) {
        const parts = parseUpid(upid)
        if (parts === undefined || endtime === undefined || status === undefined) continue
        take(parts, status, () => ({ upid, ...parts, ...owner(parts.user), endtime, status }))
      }
    }
    return { entries, total }
  }

  /** The lines of /var/log/pve/tasks/index, of index.1 before it, and of the file that lists what runs (PVE-FACTS 2.1). */
  lines(file: 'index' | 'index.1' | 'active'): readonly string[] {
    if (file === 'active') return [...this.#active.keys()].map((upid) => `${upid} 0`)
    const finished = file === 'index' ? this.#newer : this.#older
    return finished.map(({ upid, endtime = 0, status }) => `${upid} ${hexadecimal(endtime)} ${status}`)
  }

  /** UPIDs of all tasks whose log is kept. */
  upids(): Iterable<string> {
    return this.#table.keys()
  }

  /** What `GET /cluster/tasks` shows of this node: the running tasks and the last 25 that finished. */
  recent(): readonly TaskEntry[] {
    const active = this.list({ source: 'active', limit: this.#active.size }).entries
    return [...active, ...this.list({ limit: 25 }).entries]
  }

  #archive(task: TaskRecord): void {
    const bytes = task.upid.length + (task.status?.length ?? 0) + 11
    if (this.#newerBytes > INDEX_BYTES) {
      this.#older = this.#newer
      this.#newer = []
      this.#newerBytes = 0
    }
    this.#newer.push(task)
    this.#newerBytes += bytes
  }

  *#newestFirst(): Iterable<TaskRecord> {
    for (let index = this.#newer.length - 1; index >= 0; index--) yield this.#newer[index] ?? { upid: '' }
    for (let index = this.#older.length - 1; index >= 0; index--) yield this.#older[index] ?? { upid: '' }
  }

  #forgetOldest(): void {
    if (this.#table.size <= KEPT_LOGS) return
    for (const [upid, task] of this.#table.entries()) {
      if (task.endtime === undefined) continue
      this.#table.delete(upid)
      this.logs.remove(upid)
      return
    }
  }
}

/** `ok`, `warning`, `unknown`, or `error` for any other text. */
function statusClass(status: string): TaskStatusClass {
  if (status === 'OK') return 'ok'
  if (/^WARNINGS: \d+$/.test(status)) return 'warning'
  return status === UNEXPECTED_STATUS ? 'unknown' : 'error'
}

function matches(parts: UpidParts, status: string, filter: TaskFilter): boolean {
  const { userfilter, typefilter, vmid, errors, since, until, statusfilter, visible } = filter
  const kind = statusClass(status)
  if (visible?.(parts.user) === false) return false
  if (userfilter !== undefined && !parts.user.toLowerCase().includes(userfilter.toLowerCase())) return false
  if (typefilter !== undefined && parts.type !== typefilter) return false
  if (vmid !== undefined && parts.id !== String(vmid)) return false
  if (errors === true && (kind === 'ok' || kind === 'warning')) return false
  if (since !== undefined && parts.starttime < since) return false
  if (until !== undefined && parts.starttime > until) return false
  return statusfilter === undefined || statusfilter.includes(kind)
}

/** A token's task is shown as its user's, with the token beside it. */
function owner(id: string): { readonly user: string; readonly tokenid?: string } {
  const [user = id, token] = id.split('!')
  return token === undefined ? { user } : { user, tokenid: token }
}
