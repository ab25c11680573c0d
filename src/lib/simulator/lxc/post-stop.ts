import type { ContainerConfig } from '../config/container-config.js'
import type { Node } from '../node.js'
import { diskMounts } from './disks.js'

/**
 * What runs on the node after a container's init has ended: its file systems are unmounted, and the configuration that was read at
 * the beginning is written back without any lock, so that a change made in between is lost.
 */
export async function afterStop(node: Node, vmid: number): Promise<void> {
  const { configs, faults, latency } = node.cluster
  const { daemon } = node
  const before = configs.find(vmid)
  if (before === undefined) return
  let windowMs = latency.of('post-stop')
  const action = faults.at('post-stop', { vmid, node: node.name })
  if (action?.do === 'fail') return
  if (action?.do === 'delay') windowMs += action.ms ?? 1000
  if (action?.do === 'power-cut') node.cluster.powerCut(node, action.writes ?? 0, action.ms ?? 0)
  await daemon.sleep(windowMs)
  unmountDisks(node, before.config)
  if (windowMs > 0 && configs.find(vmid)?.node === node.name) configs.write(vmid, node.name, before.config)
}

/** The file systems of the container are clean from now on. */
export function unmountDisks({ cluster }: Node, config: ContainerConfig): void {
  for (const { volume } of diskMounts(config.options)) cluster.volumeFacts.setMounted(volume, false)
}
