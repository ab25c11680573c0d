import { createHash } from 'node:crypto'
import type { Cluster } from '../cluster.js'
import type { Node } from '../node.js'
import type { CallContext } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { NODE, text } from './parameters.js'
import { nodeSummary } from './resources.js'

/** The kernel of every simulated node. */
const KERNEL = '6.14.8-2-pve'

const CPU_MODEL = 'Simulated CPU @ 2.00GHz'
const NETWORK_TYPES = [
  'bridge',
  'bond',
  'eth',
  'alias',
  'vlan',
  'fabric',
  'OVSBridge',
  'OVSBond',
  'OVSPort',
  'OVSIntPort',
  'vnet',
] as const
const ANY_BRIDGE = ['any_bridge', 'any_local_bridge', 'include_sdn'] as const

/** The nodes, their state and their network (PVE-FACTS 5). `fingerprint`: SHA-256 of the certificate that they show. */
export function nodeMethods(fingerprint: string | undefined): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: '/nodes',
      permissions: { user: 'all' },
      parameters: {},
      handler: (_, { cluster, may }) =>
        [...cluster.nodes.values()].map((node) => ({
          ...nodeSummary(node, may),
          ssl_fingerprint: fingerprint ?? digestOf(node.name),
        })),
    },
    {
      method: 'GET',
      path: '/nodes/{node}/status',
      onNode: true,
      protected: true,
      permissions: { path: '/nodes/{node}', privileges: ['Sys.Audit'] },
      parameters: { node: NODE },
      handler: (_, { node, cluster }) => nodeStatus(node, cluster),
    },
    {
      // There are no virtual machines here, which is an answer too.
      method: 'GET',
      path: '/nodes/{node}/qemu',
      onNode: true,
      protected: true,
      permissions: { user: 'all' },
      parameters: { node: NODE, full: { type: 'boolean', optional: true } },
      handler: () => [],
    },
    {
      method: 'GET',
      path: '/nodes/{node}/network',
      onNode: true,
      permissions: { user: 'all' },
      parameters: { node: NODE, type: { type: 'string', enum: [...NETWORK_TYPES, ...ANY_BRIDGE], optional: true } },
      handler: network,
    },
  ]
}

function nodeStatus(node: Node, { version }: Cluster) {
  const { uptime, cpu, cpus, memory, swap, rootfs, loadavg } = node.status()
  return {
    uptime,
    idle: 0,
    loadavg: loadavg.map((load) => load.toFixed(2)),
    kversion: `Linux ${KERNEL} #1 SMP PREEMPT_DYNAMIC PMX ${KERNEL} (simulated)`,
    'current-kernel': {
      sysname: 'Linux',
      release: KERNEL,
      version: `#1 SMP PREEMPT_DYNAMIC PMX ${KERNEL} (simulated)`,
      machine: 'x86_64',
    },
    'boot-info': { mode: 'efi', secureboot: 0 },
    cpuinfo: {
      cpus,
      cores: cpus,
      sockets: 1,
      model: CPU_MODEL,
      mhz: '2000.000',
      flags: 'fpu vme de pse tsc msr pae',
      hvm: '1',
      user_hz: 100,
    },
    cpu,
    wait: 0,
    memory: { ...memory, free: memory.available },
    swap: { ...swap, free: swap.total - swap.used },
    ksm: { shared: 0 },
    rootfs: { ...rootfs, free: rootfs.total - rootfs.used, avail: rootfs.total - rootfs.used },
    pveversion: `pve-manager/${version.version}/${version.repoid}`,
  }
}

/** The bridges, and the port that the first one is built on. */
function network(parameters: Parameters, { cluster, node, may }: CallContext) {
  const asked = text(parameters, 'type')
  const bridges = cluster.bridges
    .filter((name) => may(`/sdn/zones/localnetwork/${name}`, ['SDN.Audit', 'SDN.Use'], { any: true }))
    .map((iface, index) => bridge(iface, index, node, cluster))
  const ports = [
    {
      iface: 'eno1',
      type: 'eth',
      active: 1,
      exists: 1,
      method: 'manual',
      method6: 'manual',
      families: ['inet'],
      priority: 3,
    },
  ]
  if (asked === undefined) return [...ports, ...bridges]
  if (ANY_BRIDGE.some((name) => name === asked) || asked === 'bridge') return bridges
  return ports.filter(({ type }) => type === asked)
}

function bridge(iface: string, index: number, node: Node, { nodes }: Cluster) {
  const host = [...nodes.keys()].indexOf(node.name) + 1
  const address = `10.0.${index}.${host}`
  return {
    ...{ iface, type: 'bridge', active: 1, autostart: 1, priority: 4 + index, families: ['inet'] },
    ...{ method: 'static', method6: 'manual', address, netmask: '24', cidr: `${address}/24` },
    ...{ bridge_ports: index === 0 ? 'eno1' : '', bridge_stp: 'off', bridge_fd: '0' },
  }
}

/** A stand-in where no certificate was made, because nothing listens. */
function digestOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').toUpperCase().match(/../g)?.join(':') ?? ''
}
