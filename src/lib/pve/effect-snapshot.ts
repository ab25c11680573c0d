import type { Api } from './api.js'
import type { ContainerAddress } from './container-data.js'
import { newTasks } from './effect-task.js'
import { done, type Effect, FAILED, NOTHING, StandsInTheWay, UNDECIDED } from './lost-answer.js'
import { carriesOperationId } from './operation-id.js'
import { rawSnapshots } from './snapshot-data.js'
import { isSuccess } from './task-data.js'
import type { Upid } from './upid.js'

/**
 * The effect of POST …/snapshot: a snapshot of that name whose description carries our operation id, from the moment it is
 * prepared. Nearly every refusal happens inside the task (PVE-FACTS 3.8) and leaves no snapshot; sending again is safe, as a
 * name is used once only.
 */
export const takesSnapshot = (api: Api, ct: ContainerAddress, name: string, operation: string): Effect<Upid> => ({
  repeatable: true,
  async look(lost) {
    // The task first: what it has ended with is then all there. One that ended well without this snapshot took another.
    const tasks = await newTasks(api, { node: ct.node, types: ['vzsnapshot'], id: ct.vmid }, lost)
    const snapshot = (await rawSnapshots(api, ct)).find((entry) => entry.name === name)
    const [task] = tasks
    if (snapshot === undefined) {
      if (tasks.some(({ running }) => running)) return UNDECIDED
      return tasks.some(({ exitStatus = 'OK' }) => !isSuccess(exitStatus)) ? FAILED : NOTHING
    }
    if (!carriesOperationId(snapshot.description, operation)) {
      throw new StandsInTheWay('exists', `snapshot '${name}' of CT ${ct.vmid} already exists, made by somebody else`, {
        hint: 'Choose another name, or delete that snapshot first.',
      })
    }
    return task === undefined ? NOTHING : done(task.upid)
  },
})
