import type { Api } from './api.js'
import type { ContainerAddress } from './container-data.js'
import { newTasks } from './effect-task.js'
import { done, type Effect, FAILED, NOTHING, StandsInTheWay, UNDECIDED } from './lost-answer.js'
import { carriesOperationId } from './operation-id.js'
import { rawSnapshots } from './snapshot-data.js'
import type { Upid } from './upid.js'

/**
 * The effect of POST …/snapshot: a snapshot of that name whose description carries our operation id, from the moment it is
 * prepared. Nearly every refusal happens inside the task (PVE-FACTS 3.8) and leaves no snapshot; sending again is safe, as a
 * name is used once only.
 */
export const takesSnapshot = (api: Api, ct: ContainerAddress, name: string, operation: string): Effect<Upid> => ({
  repeatable: true,
  async look(lost) {
    const snapshots = await rawSnapshots(api, ct)
    const [task] = await newTasks(api, { node: ct.node, types: ['vzsnapshot'], id: ct.vmid }, lost)
    const snapshot = snapshots.find((entry) => entry.name === name)
    if (snapshot === undefined) return task === undefined ? NOTHING : task.running ? UNDECIDED : FAILED
    if (!carriesOperationId(snapshot.description, operation)) {
      throw new StandsInTheWay('exists', `snapshot '${name}' of CT ${ct.vmid} already exists, made by somebody else`, {
        hint: 'Choose another name, or delete that snapshot first.',
      })
    }
    return task === undefined ? NOTHING : done(task.upid)
  },
})
