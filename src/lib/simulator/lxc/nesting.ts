import type { ContainerConfig } from '../config/container-config.js'
import { mountPoints } from '../config/volumes.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { hasNesting } from './guest-spec.js'

/** systemd from this version on does not come up well without nesting (PVE-FACTS 2.3). */
const FIRST_WITH_TROUBLE = 242

/** Makes the task end with `WARNINGS: 1` when the container runs a recent systemd without nesting. */
export function warnAboutNesting(worker: Worker, node: Node, config: ContainerConfig): void {
  const rootfs = mountPoints(config.options).find(({ name }) => name === 'rootfs')?.volume
  const systemd = rootfs === undefined ? undefined : node.cluster.volumeFacts.get(rootfs).systemd
  if (systemd === undefined || systemd < FIRST_WITH_TROUBLE || hasNesting(config)) return
  worker.warn(`Systemd ${systemd} detected. You may need to enable nesting.`)
}
