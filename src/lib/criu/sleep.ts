import type { ContainerAddress, ContainerConfig, PveClient } from '../pve/client.js'
import { laterTask, powerTasks, type TaskReason } from './power-tasks.js'
import { readSleepMark, type SleepMark } from './sleep-mark.js'

/** What a container's mark says of its sleep. */
export interface Sleep extends Pick<SleepMark, 'checkpoint' | 'node' | 'since'> {
  /** It was started or rolled back since, by other means: its disk has gone on without the memory, and it does not sleep any more. */
  readonly ended?: TaskReason
}

/** The sleep that a configuration is marked with; undefined: none. One round trip where there is a mark, none else. */
export async function readSleep(
  client: PveClient,
  ct: ContainerAddress,
  { description }: ContainerConfig,
): Promise<Sleep | undefined> {
  const mark = readSleepMark(description)
  if (mark === undefined) return undefined
  const { checkpoint, node, since, tasks } = mark
  // Marks of old know no tasks.
  const ended = tasks === undefined ? undefined : laterTask(tasks, await powerTasks(client, ct))
  return { checkpoint, node, since, ...(ended !== undefined && { ended }) }
}
