import type { Cluster } from '../cluster.js'
import type { ContainerConfig } from '../config/container-config.js'
import { generatedContent } from '../guest/files/content.js'
import type { View } from '../guest/files/file-system.js'
import { directory, file, type TreeNode } from '../guest/files/tree.js'
import { guestSpec } from '../lxc/guest-spec.js'
import type { Node } from '../node.js'

/** /var/lib/lxc of a node: what Proxmox writes for LXC when it starts a container. What waits for the next start is not in it. */
export function lxcFiles(cluster: Cluster, name: string): View {
  const config = (vmid: number): TreeNode | undefined => {
    const entry = cluster.configs.find(vmid)
    if (entry === undefined || entry.node !== name) return undefined
    return file(generatedContent(() => lxcConfig(cluster.node(name), vmid, entry.config)))
  }
  const folder = (entries: readonly (readonly [string, TreeNode | undefined])[]): TreeNode => ({
    ...directory(),
    entries: new Map(entries.flatMap(([key, node]) => (node === undefined ? [] : [[key, node] as const]))),
  })
  const container = (vmid: number): TreeNode | undefined => {
    const own = config(vmid)
    return own === undefined ? undefined : folder([['config', own]])
  }
  return {
    lookup([vmid, file, ...more]) {
      if (vmid === undefined)
        return folder([...cluster.configs.onNode(name)].map((number) => [String(number), container(number)]))
      if (!/^\d+$/.test(vmid) || more.length > 0) return undefined
      if (file === undefined) return container(Number(vmid))
      return file === 'config' ? config(Number(vmid)) : undefined
    },
  }
}

function lxcConfig(node: Node, vmid: number, { options, lxc }: ContainerConfig): string {
  const spec = guestSpec(node, vmid, { options, lxc, pending: { set: {}, delete: {} }, snapshots: {} })
  const limit = Number(options['cpulimit'] ?? 0)
  const lines: readonly (readonly [string, string | number])[] = [
    ['lxc.cgroup.relative', 0],
    ['lxc.cgroup.dir.monitor', `lxc.monitor/${vmid}`],
    ['lxc.cgroup.dir.container', `lxc/${vmid}`],
    ['lxc.cgroup.dir.container.inner', 'ns'],
    ['lxc.arch', 'amd64'],
    ...(spec.unprivileged ? (['u', 'g'] as const).map((kind) => ['lxc.idmap', `${kind} 0 100000 65536`] as const) : []),
    ['lxc.tty.max', spec.terminals ?? 2],
    ['lxc.environment', 'TERM=linux'],
    ...(spec.console === false ? ([['lxc.console.path', 'none']] as const) : []),
    ['lxc.uts.name', spec.hostname],
    ['lxc.cgroup2.memory.max', spec.memory],
    ['lxc.cgroup2.memory.swap.max', spec.swap],
    // `cores` is a set of processors, and no share of them.
    ...(limit > 0 ? ([['lxc.cgroup2.cpu.max', `${limit * 100_000} 100000`]] as const) : []),
    ['lxc.rootfs.path', `/var/lib/lxc/${vmid}/rootfs`],
    ...spec.interfaces.flatMap(({ name, hardwareAddress }, index) => [
      [`lxc.net.${index}.type`, 'veth'] as const,
      [`lxc.net.${index}.veth.pair`, `veth${vmid}i${index}`] as const,
      [`lxc.net.${index}.hwaddr`, hardwareAddress] as const,
      [`lxc.net.${index}.name`, name] as const,
    ]),
    ...lxc,
  ]
  return lines.map(([key, value]) => `${key} = ${value}\n`).join('')
}
