import type { GuestNetwork, GuestSpec } from '../../../src/lib/simulator/guest/guest-runtime.js'

/** The first id on the host of an unprivileged container's users, and how many there are: Proxmox's own numbers. */
export const FIRST_HOST_ID = 100_000
const HOST_IDS = 65_536

export interface ContainerPlace {
  /** Folder with the root file system. */
  readonly rootfs: string
  /** cgroup that the container's own is made in, relative to the hierarchy. */
  readonly group: string
  /** Whether the kernel lets cgroups limit memory and processor time here. */
  readonly limits: boolean
}

/**
 * The LXC configuration of a container. Terminals and console are missing unless they are asked for, because criu cannot dump them
 * (LAB-FACTS). An unprivileged one gets the bridge it asks for too, but then cannot be restored from a checkpoint.
 */
export function containerConfig(spec: GuestSpec, { rootfs, group, limits }: ContainerPlace): string {
  const lines = [
    ['lxc.uts.name', spec.hostname],
    ['lxc.rootfs.path', `dir:${rootfs}`],
    ['lxc.tty.max', `${spec.terminals ?? 0}`],
    ['lxc.pty.max', '1'],
    ...(spec.console === true ? [] : [['lxc.console.path', 'none']]),
    ['lxc.mount.auto', 'proc:rw sys:rw cgroup:rw'],
    // The signal that makes busybox's init end everything and halt.
    ['lxc.signal.halt', 'SIGUSR1'],
    ['lxc.environment', 'TERM=linux'],
    ['lxc.cgroup.dir', group],
    ...(spec.unprivileged ? ['u', 'g'].map((kind) => ['lxc.idmap', `${kind} 0 ${FIRST_HOST_ID} ${HOST_IDS}`]) : []),
    ...(limits ? cgroupLimits(spec).map(({ file, value }) => [`lxc.cgroup2.${file}`, value]) : []),
    ...(spec.interfaces.length === 0 ? [['lxc.net.0.type', 'empty']] : []),
    ...spec.interfaces.flatMap((network, index) => networkLines(spec.vmid, network, index)),
  ]
  return `${lines.map((line) => line.join(' = ')).join('\n')}\n`
}

/** The files of a cgroup that hold a container's limits. Memory in MiB; 0 cores: no limit. */
export function cgroupLimits(
  limits: Pick<GuestSpec, 'memory' | 'swap' | 'cores'>,
): readonly { file: string; value: string }[] {
  return [
    { file: 'memory.max', value: `${limits.memory * 1024 * 1024}` },
    { file: 'memory.swap.max', value: `${limits.swap * 1024 * 1024}` },
    { file: 'cpu.max', value: limits.cores === 0 ? 'max 100000' : `${limits.cores * 100_000} 100000` },
  ]
}

/** The host's end of a container's interface, as Proxmox names it. */
export const hostInterface = (vmid: number, index: number): string => `veth${vmid}i${index}`

function networkLines(vmid: number, network: GuestNetwork, index: number): string[][] {
  const key = `lxc.net.${index}`
  if (network.bridge === undefined) return [[`${key}.type`, 'empty']]
  return [
    [`${key}.type`, 'veth'],
    [`${key}.link`, network.bridge],
    [`${key}.flags`, 'up'],
    [`${key}.name`, network.name],
    [`${key}.veth.pair`, hostInterface(vmid, index)],
    [`${key}.hwaddr`, network.hardwareAddress],
  ]
}
