import type { Api } from './api.js'
import { apiPath } from './encoding.js'
import { listOf, number, object, oneOf, type Reader, text, WireError } from './reader.js'
import { isUpid, parseUpid, type Upid } from './upid.js'

export interface TaskStatus {
  readonly upid: Upid
  readonly node: string
  readonly type: string
  readonly id: string
  readonly user: string
  /** Seconds since the epoch, by the node's clock. */
  readonly starttime: number
  readonly status: 'running' | 'stopped'
  /** `OK`, `WARNINGS: n` (a success), or what went wrong. */
  readonly exitStatus?: string
}

export interface TaskEntry {
  readonly upid: Upid
  readonly node: string
  readonly type: string
  readonly id: string
  /** `user@realm` or the full token id. */
  readonly user: string
  readonly starttime: number
  readonly endtime?: number
  readonly running: boolean
  readonly exitStatus?: string
}

export interface TaskFilter {
  /** Proxmox's default is `archive`: ended tasks only (PVE-FACTS 2.4). Ours is `all`. */
  readonly source?: 'archive' | 'active' | 'all'
  readonly vmid?: number
  readonly type?: string
  /** Seconds since the epoch. */
  readonly since?: number
  readonly limit?: number
  /** Failed ones only. */
  readonly errors?: boolean
}

/** Warnings are a success (PVE-FACTS 2.3). */
export const isSuccess = (exitStatus: string): boolean => exitStatus === 'OK' || /^WARNINGS: \d+$/.test(exitStatus)

export const upidText: Reader<Upid> = (value, where) => {
  const upid = text(value, where)
  if (!isUpid(upid)) throw new WireError(`${where} is '${upid.slice(0, 80)}', expected a task id`)
  return upid
}

export const taskStatus: Reader<TaskStatus> = object((fields) => {
  const upid = fields.get('upid', upidText)
  const { node, type, id, user, starttime } = parseUpid(upid)
  return {
    upid,
    node,
    type,
    id,
    user,
    starttime,
    status: fields.get('status', oneOf('running', 'stopped')),
    ...fields.rename('exitstatus', 'exitStatus', text),
  }
})

/** An entry of /nodes/{node}/tasks or /cluster/tasks. The UPID says most of it, and says it the same way in both. */
export const taskEntry: Reader<TaskEntry> = object((fields) => {
  const upid = fields.get('upid', upidText)
  const { node, type, id, user, starttime } = parseUpid(upid)
  const status = fields.maybe('status', text)
  const endtime = fields.maybe('endtime', number)
  const running = status === 'RUNNING' || (status === undefined && endtime === undefined)
  return {
    upid,
    node,
    type,
    id,
    user,
    starttime,
    running,
    ...(endtime !== undefined && { endtime }),
    ...(!running && status !== undefined && { exitStatus: status }),
  }
})

/** The tasks of a node, newest first, running ones included. */
export function listTasks(
  api: Api,
  node: string,
  filter: TaskFilter = {},
  signal?: AbortSignal,
): Promise<readonly TaskEntry[]> {
  const { type, source = 'all', ...rest } = filter
  return api.get(apiPath`/nodes/${node}/tasks`, listOf(taskEntry), {
    query: { ...rest, source, typefilter: type },
    signal,
  })
}
