import type { Api } from './api.js'
import { apiPath } from './encoding.js'
import { done, NOTHING } from './lost-answer.js'
import { nothing } from './reader.js'
import { listTasks, type TaskEntry, type TaskFilter, type TaskStatus, taskStatus } from './task-data.js'
import { type LogRange, readLog, type TaskLog } from './task-log.js'
import { type TaskResult, type WaitOptions, waitForTask } from './task-wait.js'
import { isSyntheticUpid, parseUpid, type Upid } from './upid.js'

/** Tasks of the nodes (PVE-FACTS 2). A UPID names its node, so no call needs to be told. */
export class Tasks {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  status(upid: Upid): Promise<TaskStatus> {
    return this.#api.get(taskPath(upid, 'status'), taskStatus)
  }

  /**
   * Whether it was only taken for the task of a call of this client whose answer was lost: it may be another process's, with the same token, of the
   * same kind and of a moment before. Whoever relies on what it did looks whether that is so.
   */
  isAssumed(upid: Upid): boolean {
    return this.#api.isAssumedTask(upid)
  }

  /** Lines of its log: the first 50 unless told otherwise. A task that never was gives `not-found` from `status`, not here. */
  log(upid: Upid, range: LogRange = {}): Promise<TaskLog> {
    return readLog(this.#api, upid, range)
  }

  /** Newest first, running ones included. A token sees its own tasks only, unless it has Sys.Audit on the node. */
  list(node: string, filter: TaskFilter = {}): Promise<readonly TaskEntry[]> {
    return listTasks(this.#api, node, filter)
  }

  /** Waits until a task has ended: see `waitForTask`. */
  wait(upid: Upid, options: WaitOptions = {}): Promise<TaskResult> {
    return waitForTask(this.#api, upid, options)
  }

  /** Ends a task. Nothing happens when it has ended already. Proxmox gives it 5 s, then kills it (PVE-FACTS 2.3). */
  async stop(upid: Upid): Promise<void> {
    if (isSyntheticUpid(upid)) return
    const { node } = parseUpid(upid)
    await this.#api.change({
      method: 'DELETE',
      path: apiPath`/nodes/${node}/tasks/${upid}`,
      read: nothing,
      planned: undefined,
      effect: {
        repeatable: true,
        look: async () => ((await this.status(upid)).status === 'stopped' ? done(undefined) : NOTHING),
      },
    })
  }
}

const taskPath = (upid: Upid, part: 'status' | 'log'): string =>
  `${apiPath`/nodes/${parseUpid(upid).node}/tasks/${upid}`}/${part}`
