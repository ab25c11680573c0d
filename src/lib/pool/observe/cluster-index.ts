import type { ClusterResource } from '../../pve/client.js'

/** A node as the index shows it. Bytes; uptime in seconds; absent numbers: the token may not see them (Sys.Audit). */
export interface NodeView {
  readonly node: string
  readonly online: boolean
  readonly uptime?: number
  readonly mem?: number
  readonly maxmem?: number
}

/** One list of `/cluster/resources`, sorted. Tags and locks are live, status and names lag by up to 10 s (PVE-FACTS 5). */
export interface ClusterIndex {
  readonly containers: ReadonlyMap<number, ClusterResource>
  /** Every VMID that is taken, by containers and machines alike. */
  readonly taken: ReadonlySet<number>
  readonly nodes: readonly NodeView[]
  readonly sharedStorages: ReadonlySet<string>
}

/** Undefined when the list cannot be right: a cluster has at least the node that answered. */
export function clusterIndex(resources: readonly ClusterResource[]): ClusterIndex | undefined {
  const containers = new Map<number, ClusterResource>()
  const taken = new Set<number>()
  const nodes: NodeView[] = []
  const sharedStorages = new Set<string>()
  for (const resource of resources) {
    const { type, vmid, node } = resource
    if (vmid !== undefined) taken.add(vmid)
    if (type === 'lxc' && vmid !== undefined) containers.set(vmid, resource)
    else if (type === 'node' && node !== undefined) nodes.push(nodeView(node, resource))
    else if (type === 'storage' && resource.shared && resource.storage !== undefined)
      sharedStorages.add(resource.storage)
  }
  return nodes.length === 0 ? undefined : { containers, taken, nodes, sharedStorages }
}

const nodeView = (node: string, { status, uptime, mem, maxmem }: ClusterResource): NodeView => ({
  node,
  online: status === 'online',
  ...(uptime !== undefined && { uptime }),
  ...(mem !== undefined && { mem }),
  ...(maxmem !== undefined && { maxmem }),
})

/** What of a line tells that its container has changed. Loads and sizes change all the time and tell nothing. */
export const signature = ({ node, name, status, template, tags, lock }: ClusterResource): string =>
  `${node}|${name ?? ''}|${status ?? ''}|${template ? 1 : 0}|${tags.join(';')}|${lock ?? ''}`
