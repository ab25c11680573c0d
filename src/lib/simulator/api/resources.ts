import type { Cluster } from '../cluster.js'
import type { Node } from '../node.js'
import type { StorageConfig } from '../storage/storage-config.js'
import type { CallContext } from './call-context.js'

export type Resource = Readonly<Record<string, string | number>>

/** The data of `GET /cluster/resources`, as far as the caller may see it (PVE-FACTS 5). `type`: one kind only. */
export function resources(type: string | undefined, context: CallContext): readonly Resource[] {
  const { cluster, may } = context
  const wants = (kind: string) => type === undefined || type === kind
  const nodes = [...cluster.nodes.values()]
  return [
    ...(type === undefined ? pools(context) : []),
    ...(wants('vm') ? containers(context) : []),
    ...(wants('node') ? nodes.map((node) => nodeResource(node, context)) : []),
    ...(wants('storage')
      ? nodes.flatMap((node) =>
          storagesOf(node, cluster).filter(({ storage }) => may(`/storage/${storage}`, ['Datastore.Audit'])),
        )
      : []),
    ...(wants('sdn') ? nodes.flatMap((node) => networkResource(node, type, context)) : []),
  ]
}

/** What `/nodes` and the resources say of a node: figures only for those who may see them. */
export function nodeSummary(node: Node, may: CallContext['may']): Resource {
  const { name, online } = node
  const known = { id: `node/${name}`, node: name, type: 'node', level: '', status: online ? 'online' : 'offline' }
  if (!online || !may(`/nodes/${name}`, ['Sys.Audit'])) return known
  const { uptime, cpu, cpus, memory, rootfs } = node.status()
  return {
    ...known,
    ...{ uptime, cpu, maxcpu: cpus, mem: memory.used, maxmem: memory.total },
    ...{ disk: rootfs.used, maxdisk: rootfs.total },
  }
}

/** A member of a pool; undefined when there is no such container. */
export function resourceOfContainer(vmid: number, cluster: Cluster): Resource | undefined {
  return cluster.statistics.containers().find((resource) => resource['vmid'] === vmid)
}

/** A storage as a member of a pool, with the figures that a node has of it. */
export function resourceOfStorage(id: string, node: Node, cluster: Cluster): Resource | undefined {
  const config = cluster.storages.find(id)
  return config && storageResource(config, node, cluster)
}

function containers({ cluster, may }: CallContext): readonly Resource[] {
  const poolOf = new Map(cluster.pools.all().flatMap(({ poolid, vms }) => vms.map((vmid) => [vmid, poolid] as const)))
  return cluster.statistics
    .containers()
    .filter(({ vmid }) => may(`/vms/${vmid}`, ['VM.Audit']))
    .map((resource) => {
      const pool = poolOf.get(Number(resource['vmid']))
      return pool === undefined ? resource : { ...resource, pool }
    })
}

function nodeResource(node: Node, { may }: CallContext): Resource {
  const summary = nodeSummary(node, may)
  return summary['uptime'] === undefined ? summary : { ...summary, 'cgroup-mode': 2, 'host-arch': 'x86_64' }
}

function storagesOf(node: Node, cluster: Cluster): readonly Resource[] {
  return cluster.storages
    .all()
    .filter(({ nodes, disabled }) => disabled !== true && (nodes === undefined || nodes.includes(node.name)))
    .map((config) => storageResource(config, node, cluster))
}

function storageResource(config: StorageConfig, node: Node, cluster: Cluster): Resource {
  const { used, total, active } = cluster.storages.usage(config.id, node.name)
  return {
    id: `storage/${node.name}/${config.id}`,
    storage: config.id,
    node: node.name,
    type: 'storage',
    plugintype: config.type,
    status: active === 1 && node.online ? 'available' : 'unknown',
    shared: config.shared ? 1 : 0,
    content: config.content.join(','),
    disk: used,
    maxdisk: total,
  }
}

function pools({ cluster, may }: CallContext): readonly Resource[] {
  return cluster.pools
    .all()
    .filter(({ poolid }) => may(`/pool/${poolid}`, ['Pool.Audit']))
    .map(({ poolid }) => ({ id: `/pool/${poolid}`, pool: poolid, type: 'pool' }))
}

/** The bridges as one zone; 9.1 gave it another name and shows it only without a filter. */
function networkResource({ name }: Node, type: string | undefined, { cluster, may }: CallContext): readonly Resource[] {
  const zone = 'localnetwork'
  if (!may(`/sdn/zones/${zone}`, ['SDN.Audit', 'SDN.Use'], { any: true })) return []
  if (!cluster.version.networkResources)
    return [{ id: `sdn/${name}/${zone}`, node: name, sdn: zone, status: 'ok', type: 'sdn' }]
  if (type !== undefined) return []
  const id = `network/${name}/zone/${zone}`
  return [
    {
      id,
      node: name,
      network: zone,
      'network-type': 'zone',
      'zone-type': 'localnetwork',
      status: 'ok',
      type: 'network',
    },
  ]
}
