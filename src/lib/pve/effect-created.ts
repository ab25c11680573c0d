import { isCmuxError } from '../errors.js'
import type { Api } from './api.js'
import type { ContainerConfig } from './container-data.js'
import { containerConfig } from './container-readers.js'
import { newTasks } from './effect-task.js'
import { apiPath } from './encoding.js'
import {
  done,
  type Effect,
  FAILED,
  type Finding,
  type LostCall,
  NOTHING,
  StandsInTheWay,
  UNDECIDED,
} from './lost-answer.js'
import { carriesOperationId } from './operation-id.js'
import type { TaskEntry } from './task-data.js'
import { readLog } from './task-log.js'
import type { Upid } from './upid.js'

/** What a create or clone makes. */
export interface Creation {
  readonly vmid: number
  /** Where the task runs. */
  readonly node: string
  /** Where the configuration may be: the node of the task, and the target of a clone. */
  readonly homes: readonly string[]
  readonly operation: string
}

/**
 * The effect of POST /nodes/{node}/lxc. The configuration is the proof: it is created atomically and ends up with our
 * operation id. While the task runs it holds nothing but `lock: create` (PVE-FACTS 3.2), so ours cannot be told from that
 * of another process before the task has ended. Sending again is safe: a VMID is created once only.
 */
export const createsContainer = (api: Api, creation: Creation): Effect<Upid> => ({
  repeatable: true,
  async look(lost) {
    return conclude(api, creation, lost, (since) =>
      newTasks(api, { node: creation.node, types: ['vzcreate'], id: creation.vmid }, since),
    )
  },
})

/**
 * The effect of POST …/clone. The new configuration is born with our operation id (PVE-FACTS 3.3). The task carries the
 * VMID of the source, and several clones of one source follow each other: the log names the new VMID.
 */
export const clonesContainer = (api: Api, source: number, creation: Creation): Effect<Upid> => ({
  repeatable: true,
  async look(lost) {
    return conclude(api, creation, lost, async (since) => {
      const candidates = await newTasks(api, { node: creation.node, types: ['vzclone'], id: source }, since)
      return thoseCloning(api, candidates, creation.vmid)
    })
  },
})

/** Where the operation id proves whose container it is, the clocks of the nodes do not matter. */
const EVER: LostCall = { since: 0 }

const isOurs = (config: ContainerConfig | undefined, creation: Creation): boolean =>
  carriesOperationId(config?.description, creation.operation)

/** The task is read before the configuration: what it has ended with is then all there. */
async function conclude(
  api: Api,
  creation: Creation,
  lost: LostCall,
  findTasks: (since: LostCall) => Promise<readonly TaskEntry[]>,
): Promise<Finding<Upid>> {
  const [task] = await findTasks(lost)
  const config = await configOf(api, creation)
  if (config === undefined) return task === undefined ? NOTHING : task.running ? UNDECIDED : FAILED
  if (isOurs(config, creation)) {
    const ours = task ?? (await findTasks(EVER))[0]
    return ours === undefined ? NOTHING : done(ours.upid)
  }
  const unlabelled = config.lock === 'create' && config.description === undefined
  if (!unlabelled) throw takenBySomebody(creation)
  if (task === undefined) return NOTHING
  if (task.running) return UNDECIDED
  throw abandoned(creation, task)
}

async function configOf(api: Api, { vmid, homes }: Creation): Promise<ContainerConfig | undefined> {
  for (const node of homes) {
    try {
      return await api.get(apiPath`/nodes/${node}/lxc/${vmid}/config`, containerConfig, { query: { current: true } })
    } catch (error) {
      if (!isCmuxError(error, 'not-found')) throw error
    }
  }
  return undefined
}

/** The newest of the clones that make this VMID. */
async function thoseCloning(api: Api, candidates: readonly TaskEntry[], vmid: number): Promise<readonly TaskEntry[]> {
  const found: TaskEntry[] = []
  for (const task of candidates) {
    if (found.length > 0) break
    const { lines } = await readLog(api, task.upid, { start: 0, limit: 5 })
    if (lines.some((line) => line.text.endsWith(` with ID ${vmid}`))) found.push(task)
  }
  return found
}

const takenBySomebody = (creation: Creation): StandsInTheWay =>
  new StandsInTheWay('exists', `CT ${creation.vmid} already exists, made by somebody else`, {
    hint: 'Choose another VMID, or leave it out to get a free one.',
  })

/** Locks that a killed worker left stay for ever (PVE-FACTS 9). */
const abandoned = (creation: Creation, task: TaskEntry): StandsInTheWay =>
  new StandsInTheWay(
    'unavailable',
    `the answer was lost, and CT ${creation.vmid} on node ${creation.node} is left half-made: its task was killed. It may be ours`,
    {
      hint: `If it is, run \`pct unlock ${creation.vmid}\` on the node and delete it.`,
      task: {
        upid: task.upid,
        node: task.node,
        ...(task.exitStatus !== undefined && { exitStatus: task.exitStatus }),
        log: [],
      },
    },
  )
