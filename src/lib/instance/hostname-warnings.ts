import type { ClusterResource } from '../pve/client.js'
import type { ServiceContext } from './service-context.js'

/**
 * Proxmox takes hostnames that name a container to no command: whoever gives one is told. Digits alone are a VMID; and containers may share
 * a hostname. The index may not know the names of the last 10 s yet (PVE-FACTS 5).
 */
export function warnOfHostname(
  { onWarning }: ServiceContext,
  hostname: string,
  index: readonly ClusterResource[],
): void {
  if (/^\d+$/.test(hostname)) {
    onWarning?.(`The hostname '${hostname}' names no container to a command: digits alone are taken for a VMID`)
  }
  const vmids = index.filter(({ type, name }) => type === 'lxc' && name === hostname).map(({ vmid }) => vmid)
  if (vmids.length === 0) return
  const others = vmids.length === 1 ? `Container ${vmids[0]} is` : `Containers ${vmids.join(', ')} are`
  onWarning?.(`${others} named '${hostname}' too: name them by VMID, for the hostname does not tell them apart`)
}
