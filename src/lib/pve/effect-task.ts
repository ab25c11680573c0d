import type { Api } from './api.js'
import { done, type Effect, type LostCall, NOTHING } from './lost-answer.js'
import { listTasks, type TaskEntry } from './task-data.js'
import { parseUpid, type Upid } from './upid.js'

/** Which task a change starts. */
export interface ExpectedTask {
  readonly node: string
  /** Types it may have: high availability starts its own (PVE-FACTS 2.2). */
  readonly types: readonly string[]
  readonly id: string | number
}

/** Far more than can begin on one container while an answer is missing. Proxmox's default is 50. */
const LIMIT = 500

/**
 * Tasks of our token, of the given type and id, that began after the call was sent and that no other call of ours started;
 * newest first.
 */
export async function newTasks(api: Api, expected: ExpectedTask, lost: LostCall): Promise<readonly TaskEntry[]> {
  const [type] = expected.types
  const filter = {
    since: lost.since,
    limit: LIMIT,
    ...(expected.types.length === 1 && type !== undefined && { type }),
    ...(/^\d+$/.test(String(expected.id)) && { vmid: Number(expected.id) }),
  }
  const tasks = await listTasks(api, expected.node, filter)
  return tasks
    .filter(
      (task) => expected.types.includes(task.type) && task.id === String(expected.id) && task.starttime >= lost.since,
    )
    .filter((task) => task.user === api.tokenId && api.isUnknownTask(task.upid))
    .toSorted((a, b) => b.starttime - a.starttime || parseUpid(b.upid).pstart - parseUpid(a.upid).pstart)
}

/**
 * The effect of a call that can carry no mark of ours: a task of the right kind that began after it. A task that another
 * process with the same token started on the same container in the same moments cannot be told from ours; it does the same.
 */
export const startsTask = (
  api: Api,
  expected: ExpectedTask,
  { repeatable }: { readonly repeatable: boolean },
): Effect<Upid> => ({
  repeatable,
  async look(lost) {
    const [task] = await newTasks(api, expected, lost)
    return task === undefined ? NOTHING : done(task.upid)
  },
})
