import type { ContainerConfig } from '../config/container-config.js'
import { parseSize } from '../config/size.js'
import type { ConfigEntry } from '../container-configs.js'
import type { GuestUsage } from '../guest/guest-runtime.js'
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

/** The entry of a container in the list (PVE-FACTS 3.1). A node may have 10,000: every object is built in one go. */
export function containerStatus(node: Node, vmid: number, { config }: ConfigEntry): ContainerStatus {
  const { options } = config
  const { cpus, maxmem, maxswap, maxdisk } = containerLimits(config, node)
  const state = node.monitor.state(vmid)
  const running = state !== undefined && state.phase !== 'post-stop'
  // Its socket is there before its init, and for a moment after it.
  const usage = running && node.cluster.guests.isRunning(vmid) ? node.cluster.guests.usage(vmid) : NOTHING
  const status: Record<string, string | number> = {
    vmid,
    type: 'lxc',
    status: running ? 'running' : 'stopped',
    name: containerName(config, vmid),
    // The limit is a number with a fraction, which the configuration holds as text, and so it is passed on.
    cpus: options['cores'] === undefined && cpus === Number(options['cpulimit']) ? String(options['cpulimit']) : cpus,
    maxmem,
    maxswap,
    maxdisk,
    cpu: usage.cpu,
    mem: usage.mem,
    swap: usage.swap,
    disk: usage.disk,
    diskread: usage.diskread,
    diskwrite: usage.diskwrite,
    netin: usage.netin,
    netout: usage.netout,
    uptime: running ? Math.floor((node.cluster.clock.now() - state.startedAt) / 1000) : 0,
  }
  if (running) status['pid'] = state.pid
  if (running && node.cluster.version.pressure) Object.assign(status, NO_PRESSURE)
  if (options['template'] === 1) status['template'] = 1
  if (options['tags'] !== undefined) status['tags'] = options['tags']
  if (options['lock'] !== undefined) status['lock'] = options['lock']
  return status
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

/** What a stopped container uses. */
const NOTHING: GuestUsage = { cpu: 0, mem: 0, swap: 0, disk: 0, diskread: 0, diskwrite: 0, netin: 0, netout: 0 }

/** Pressure stall information since Proxmox VE 9; an idle machine has none. */
const NO_PRESSURE = {
  pressurecpusome: '0.00',
  pressurecpufull: '0.00',
  pressureiosome: '0.00',
  pressureiofull: '0.00',
  pressurememorysome: '0.00',
  pressurememoryfull: '0.00',
} as const
