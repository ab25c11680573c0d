import type { ApiRouter } from '../api/router.js'
import type { Cluster } from '../cluster.js'
import { guestPrograms } from '../guest/commands/index.js'
import { devices } from '../guest/files/devices.js'
import { FileSystem } from '../guest/files/file-system.js'
import { FileLocks } from '../guest/machine/file-locks.js'
import type { Machine } from '../guest/machine/machine.js'
import { ProcessTable } from '../guest/machine/process-table.js'
import { hostSystem } from '../guest/os/host.js'
import { cgroupFiles } from './cgroup-files.js'
import { clusterFiles } from './cluster-files.js'
import { lxcFiles } from './lxc-files.js'
import { nodeProc } from './node-proc.js'
import { taskFiles } from './task-files.js'
import { nodeTools } from './tools/index.js'

const KERNEL = '6.14.8-2-pve'

/** The node as its shell sees it: a small file system, coreutils, and Proxmox's tools. */
export function nodeMachine(cluster: Cluster, router: ApiRouter, name: string): Machine {
  const node = cluster.node(name)
  const status = node.status()
  const now = () => cluster.clock.now()
  const holder = cluster.guests.hostFiles?.(name) ?? { root: hostSystem(name) }
  const programs = guestPrograms()
  const tools = nodeTools(cluster, router, name)
  const processes = new ProcessTable(now, cluster.random.integer(1000, 2000))
  const machine: Machine = {
    files: new FileSystem(
      holder,
      new Map([
        ['/dev', devices()],
        ['/proc', nodeProc(cluster, name, () => machine)],
        ['/sys/fs/cgroup', cgroupFiles(cluster, name)],
        ['/etc/pve', clusterFiles(cluster, name)],
        ['/var/lib/lxc', lxcFiles(cluster, name)],
        ['/var/log/pve/tasks', taskFiles(node)],
      ]),
      now,
    ),
    processes,
    locks: new FileLocks(),
    clock: cluster.clock,
    random: cluster.random,
    get bootedAt() {
      return node.bootTime
    },
    hardware: {
      kernelRelease: KERNEL,
      cores: status.cpus,
      memory: status.memory.total,
      swap: status.swap.total,
      disk: status.rootfs.total,
    },
    hostname: () => name,
    rename: () => {},
    interfaces: () =>
      cluster.bridges.map((bridge) => ({
        name: bridge,
        hardwareAddress: 'BC:24:11:00:00:00',
        addresses: [{ family: 'inet', address: '192.0.2.2', prefix: 24 }],
      })),
    program: (program) => tools.get(program) ?? programs(program),
    fault: () => undefined,
    services: new Map(),
    shutdown: () => undefined,
  }
  return machine
}
