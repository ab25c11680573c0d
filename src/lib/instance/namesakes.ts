import type { ClusterResource } from '../pve/client.js'
import type { ServiceContext } from './service-context.js'

/**
 * Proxmox lets containers share a hostname, which names none of them to a command any more: whoever gives it once more is told. The index
 * may not know the names of the last 10 s yet (PVE-FACTS 5).
 */
export function warnOfNamesakes(
  { onWarning }: ServiceContext,
  hostname: string,
  index: readonly ClusterResource[],
): void {
  const vmids = index.filter(({ type, name }) => type === 'lxc' && name === hostname).map(({ vmid }) => vmid)
  if (vmids.length === 0) return
  const others = vmids.length === 1 ? `Container ${vmids[0]} is` : `Containers ${vmids.join(', ')} are`
  onWarning?.(`${others} named '${hostname}' too: name them by VMID, for the hostname does not tell them apart`)
}
