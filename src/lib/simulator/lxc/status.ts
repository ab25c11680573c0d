import type { ContainerConfig } from '../config/container-config.js'
import { configLock } from '../config/container-config.js'
import { parseSize } from '../config/size.js'
import type { ConfigEntry } from '../container-configs.js'
import type { Node } from '../node.js'

export type ContainerStatus = Readonly<Record<string, string | number>>

const MIB = 2 ** 20
const GIB = 2 ** 30
/** Of a container whose rootfs line tells no size. */
const DEFAULT_DISK = 4 * GIB

/** What the configuration alone says about a container's limits: bytes. */
export interface Limits {
  readonly cpus: number
  readonly maxmem: number
  readonly maxswap: number
  readonly maxdisk: number
}

/** The entry of a container in the list (PVE-FACTS 3.1). */
export function containerStatus(node: Node, vmid: number, { config }: ConfigEntry): ContainerStatus {
  const { cpus, ...limits } = containerLimits(config, node)
  const lock = configLock(config)
  const { tags } = config.options
  return {
    vmid,
    type: 'lxc',
    name: containerName(config, vmid),
    cpus,
    ...limits,
    ...usage(node, vmid),
    ...(config.options['template'] === 1 ? { template: 1 } : {}),
    ...(tags === undefined ? {} : { tags }),
    ...(lock === undefined ? {} : { lock }),
  }
}

export function containerName(config: ContainerConfig, vmid: number): string {
  return String(config.options['hostname'] ?? `CT${vmid}`)
}

export function containerLimits({ options }: ContainerConfig, node: Node): Limits {
  const size = /,size=([^,]+)/.exec(String(options['rootfs'] ?? ''))?.[1]
  return {
    cpus: Number(options['cores'] ?? 0) || Number(options['cpulimit'] ?? 0) || node.cpus,
    maxmem: Number(options['memory'] ?? 512) * MIB,
    maxswap: Number(options['swap'] ?? 0) * MIB,
    maxdisk: (size === undefined ? undefined : parseSize(size)) ?? DEFAULT_DISK,
  }
}

const STOPPED = {
  status: 'stopped',
  cpu: 0,
  mem: 0,
  swap: 0,
  disk: 0,
  diskread: 0,
  diskwrite: 0,
  netin: 0,
  netout: 0,
  uptime: 0,
} as const

/** Pressure stall information since Proxmox VE 9; an idle machine has none. */
const NO_PRESSURE = {
  pressurecpusome: '0.00',
  pressurecpufull: '0.00',
  pressureiosome: '0.00',
  pressureiofull: '0.00',
  pressurememorysome: '0.00',
  pressurememoryfull: '0.00',
} as const

function usage(node: Node, vmid: number): ContainerStatus {
  const state = node.monitor.state(vmid)
  if (state === undefined || state.phase === 'post-stop') return STOPPED
  const { cpu, mem, swap, disk, diskread, diskwrite, netin, netout } = node.cluster.guests.usage(vmid)
  const uptime = Math.floor((node.cluster.clock.now() - state.startedAt) / 1000)
  return {
    status: 'running',
    ...{ cpu, mem, swap, disk, diskread, diskwrite, netin, netout, uptime },
    pid: state.pid,
    ...(node.cluster.version.pressure ? NO_PRESSURE : {}),
  }
}
