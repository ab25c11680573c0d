import type { Api } from './api.js'
import type { ContainerAddress, OptionValues } from './container-data.js'
import { startsTask } from './effect-task.js'
import { apiPath } from './encoding.js'
import { upidText } from './task-data.js'
import { syntheticUpid, type Upid } from './upid.js'

export type PowerAction = 'start' | 'stop' | 'shutdown' | 'reboot'

/** Each action with its task, and with the one that high availability starts instead (PVE-FACTS 2.2). */
const TASKS: Readonly<Record<PowerAction, readonly [string, ...string[]]>> = {
  start: ['vzstart', 'hastart'],
  stop: ['vzstop', 'hastop'],
  shutdown: ['vzshutdown', 'hastop'],
  reboot: ['vzreboot'],
}

/**
 * Only a second start can do no harm (`already running`). A second stop or reboot might meet the container after
 * somebody has started it again.
 */
const REPEATABLE: ReadonlySet<PowerAction> = new Set<PowerAction>(['start'])

/** Starts, stops, shuts down or reboots a container: the task's UPID. */
export function changePower(
  api: Api,
  ct: ContainerAddress,
  action: PowerAction,
  { parameters = {}, once = false }: { readonly parameters?: OptionValues; readonly once?: boolean } = {},
): Promise<Upid> {
  const { node, vmid } = ct
  const types = TASKS[action]
  return api.change({
    method: 'POST',
    path: apiPath`/nodes/${node}/lxc/${vmid}/status/${action}`,
    parameters,
    read: upidText,
    planned: syntheticUpid(node, types[0], vmid),
    effect: startsTask(api, { node, types, id: vmid }, { repeatable: !once && REPEATABLE.has(action) }),
    once,
  })
}
