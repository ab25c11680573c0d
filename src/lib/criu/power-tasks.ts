import { type ContainerAddress, isUpid, type PveClient, parseUpid, type TaskEntry } from '../pve/client.js'

/** How many of the newest are looked at. */
const LIMIT = 20

/** The newest tasks that started a container or took its disk back. A token without Sys.Audit on the node sees its own ones only. */
export async function powerTasks(client: PveClient, { vmid, node }: ContainerAddress): Promise<readonly TaskEntry[]> {
  const lists = await Promise.all(
    ['vzstart', 'vzrollback', 'vzresume'].map((type) => client.tasks.list(node, { vmid, type, limit: LIMIT })),
  )
  return lists.flat().toSorted((a, b) => b.starttime - a.starttime)
}

/** What a task has made of memory that was kept: a word for programs, and a sentence. */
export interface TaskReason {
  readonly id: 'started' | 'rolled-back'
  readonly what: string
}

/**
 * The newest task that was not there when the memory was kept. Tasks are told apart by their ids, for clocks are set. One that began tells
 * enough, for one that failed may have mounted the disk.
 */
export function laterTask(known: readonly string[], tasks: readonly TaskEntry[]): TaskReason | undefined {
  const newest = Math.max(0, ...known.filter(isUpid).map((upid) => parseUpid(upid).starttime))
  const later = tasks.find(({ upid, starttime }) => !known.includes(upid) && starttime >= newest)
  if (later === undefined) return undefined
  const at = timeText(later.starttime)
  return later.type === 'vzrollback'
    ? { id: 'rolled-back', what: `The container was rolled back at ${at}` }
    : { id: 'started', what: `The container was started at ${at}` }
}

/** Seconds since the epoch as people read them. */
export const timeText = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().replace('T', ' ').slice(0, 19)} UTC`
