import type { ContainerAddress, IndexEntry } from '../../pve/client.js'

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
  readonly containers: ReadonlyMap<number, IndexEntry>
  /** Those that are templates, as far as the nodes have reported. */
  readonly templates: readonly (ContainerAddress & { readonly template: true; readonly tags: readonly string[] })[]
  /** Every VMID that is taken, by containers and machines alike. */
  readonly taken: ReadonlySet<number>
  readonly nodes: readonly NodeView[]
  readonly sharedStorages: ReadonlySet<string>
}

/** Undefined when the list cannot be right: a cluster has at least the node that answered. */
export function clusterIndex(resources: readonly IndexEntry[]): ClusterIndex | undefined {
  const containers = new Map<number, IndexEntry>()
  const taken = new Set<number>()
  const nodes: NodeView[] = []
  const templates: ClusterIndex['templates'][number][] = []
  const sharedStorages = new Set<string>()
  for (const resource of resources) {
    const { type, vmid, node } = resource
    if (vmid !== undefined) taken.add(vmid)
    if (type === 'lxc' && vmid !== undefined) {
      containers.set(vmid, resource)
      if (resource.template === 1 && node !== undefined)
        templates.push({ vmid, node, template: true, tags: tagsOf(resource) })
    } else if (type === 'node' && node !== undefined) nodes.push(nodeView(node, resource))
    else if (type === 'storage' && resource.shared === 1 && resource.storage !== undefined)
      sharedStorages.add(resource.storage)
  }
  return nodes.length === 0 ? undefined : { containers, templates, taken, nodes, sharedStorages }
}

const nodeView = (node: string, { status, uptime, mem, maxmem }: IndexEntry): NodeView => ({
  node,
  online: status === 'online',
  ...(uptime !== undefined && { uptime }),
  ...(mem !== undefined && { mem }),
  ...(maxmem !== undefined && { maxmem }),
})

/** What of a line tells that its container has changed. Loads and sizes change all the time and tell nothing. */
export const signature = ({ node, name, status, template, tags, lock }: IndexEntry): string =>
  `${node}|${name ?? ''}|${status ?? ''}|${template ?? 0}|${tags ?? ''}|${lock ?? ''}`

/** Tags are joined with `;`, unless somebody wrote them into the file by hand. An emptied `tags` is one space (PVE-FACTS 4.1). */
export const tagsOf = ({ tags = '' }: IndexEntry): readonly string[] =>
  tags.split(/[;,\s]+/).filter((tag) => tag !== '')
