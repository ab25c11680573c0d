import { CmuxError } from '../errors.js'
import type { Api } from './api.js'
import type { ContainerAddress } from './container-data.js'
import { containerConfig } from './container-readers.js'
import { newTasks } from './effect-task.js'
import { apiPath } from './encoding.js'
import { done, NOTHING } from './lost-answer.js'
import { nothing } from './reader.js'
import { type WaitOptions, waitForTask } from './task-wait.js'
import type { Upid } from './upid.js'

/** How long the task may take to show up in the task list. */
const PATIENCE = 15_000
const LONGEST_PAUSE = 1_000

/**
 * Turns a container into a template and waits for it. Proxmox answers null while the work begins in a task of which it does
 * not tell the UPID (PVE-FACTS 3.4): the task is looked up, waited for, and the configuration must then say `template: 1`.
 */
export async function convertToTemplate(api: Api, ct: ContainerAddress, options: WaitOptions = {}): Promise<void> {
  options.signal?.throwIfAborted()
  const lost = { since: api.dryRun ? 0 : await api.nodeSeconds() }
  const expected = { node: ct.node, types: ['vztemplate'], id: ct.vmid }
  const findTask = async (): Promise<Upid | undefined> => (await newTasks(api, expected, lost))[0]?.upid
  const isTemplate = async (): Promise<boolean> =>
    (await api.get(apiPath`/nodes/${ct.node}/lxc/${ct.vmid}/config`, containerConfig, { signal: options.signal }))
      .template
  await api.change({
    method: 'POST',
    path: apiPath`/nodes/${ct.node}/lxc/${ct.vmid}/template`,
    read: nothing,
    planned: undefined,
    effect: {
      repeatable: false,
      look: async () => ((await findTask()) !== undefined || (await isTemplate()) ? done(undefined) : NOTHING),
    },
  })
  if (api.dryRun) return
  const task = await untilTaskShows(api, findTask, isTemplate, options.signal)
  if (task !== undefined) {
    api.learnTask(task)
    await waitForTask(api, task, options)
  }
  if (!(await isTemplate())) {
    throw new CmuxError('failed', `container ${ct.vmid} on node ${ct.node} did not become a template`, {
      hint: 'See the vztemplate task in the task list of the node.',
      ...(task !== undefined && { task: { upid: task, node: ct.node, log: [] } }),
    })
  }
}

/** The task's UPID, or undefined when the conversion is done or nothing of it shows in time. */
async function untilTaskShows(
  api: Api,
  findTask: () => Promise<Upid | undefined>,
  isTemplate: () => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<Upid | undefined> {
  const began = api.clock.now()
  for (let pause = 50; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    const task = await findTask()
    if (task !== undefined || (await isTemplate()) || api.clock.now() - began > PATIENCE) return task
    await api.clock.sleep(pause, signal)
  }
}
