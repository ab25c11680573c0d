import { withOptions } from '../../../config/container-config.js'
import { checkLock, withoutLock } from '../../../config/lock.js'
import type { SubCommand } from '../command-table.js'
import { ToolFailure } from '../tool.js'
import { configOf, vmidOf } from './container.js'

const NO_OPTIONS = () => ({})

/** Takes any lock out of the configuration, without a look at what set it. */
export const unlock: SubCommand = {
  name: 'unlock',
  args: ['vmid'],
  options: NO_OPTIONS,
  async run({ vmid: text }, io) {
    const vmid = vmidOf(text)
    io.cluster.configs.write(vmid, io.node.name, withoutLock(configOf(vmid, io)))
    return 0
  },
}

/** Mounts the container's disks on the node: the lock says so until they are unmounted. */
export const mount: SubCommand = {
  name: 'mount',
  args: ['vmid'],
  options: NO_OPTIONS,
  async run({ vmid: text }, io) {
    const vmid = vmidOf(text)
    const config = configOf(vmid, io)
    checkLock(config)
    io.cluster.configs.write(vmid, io.node.name, withOptions(config, { lock: 'mounted' }))
    await io.out(`mounted CT ${vmid} in '/var/lib/lxc/${vmid}/rootfs'\n`)
    return 0
  },
}

export const unmount: SubCommand = {
  name: 'unmount',
  args: ['vmid'],
  options: NO_OPTIONS,
  async run({ vmid: text }, io) {
    const vmid = vmidOf(text)
    io.cluster.configs.write(vmid, io.node.name, withoutLock(configOf(vmid, io), 'mounted'))
    return 0
  },
}

export const fsck: SubCommand = {
  name: 'fsck',
  args: ['vmid'],
  options: () => ({ force: { type: 'boolean', optional: true }, device: { type: 'string', optional: true } }),
  async run({ vmid: text, device }, io) {
    const vmid = vmidOf(text)
    checkLock(configOf(vmid, io))
    if (io.node.monitor.isRunning(vmid)) throw new ToolFailure(`cannot run fsck on active container`)
    await io.out(`fsck from util-linux 2.41\n${device === undefined ? 'rootfs' : String(device)}: clean\n`)
    return 0
  },
}

export const fstrim: SubCommand = {
  name: 'fstrim',
  args: ['vmid'],
  options: () => ({ 'ignore-mountpoints': { type: 'boolean', optional: true } }),
  async run({ vmid: text }, io) {
    const vmid = vmidOf(text)
    checkLock(configOf(vmid, io))
    if (!io.node.monitor.isRunning(vmid)) await io.out(`mounted CT ${vmid} in '/var/lib/lxc/${vmid}/rootfs'\n`)
    await io.out(`/var/lib/lxc/${vmid}/rootfs/: 0 B (0 bytes) trimmed\n`)
    return 0
  },
}

export const rescan: SubCommand = {
  name: 'rescan',
  args: [],
  options: () => ({ dryrun: { type: 'boolean', optional: true }, vmid: { type: 'integer', optional: true } }),
  async run(_, io) {
    await io.out('rescan volumes...\n')
    return 0
  },
}

export const cpusets: SubCommand = {
  name: 'cpusets',
  args: [],
  options: NO_OPTIONS,
  async run(_, io) {
    const rows = [...io.cluster.configs.onNode(io.node.name)]
      .filter((vmid) => io.node.monitor.isRunning(vmid))
      .sort((a, b) => a - b)
    await io.out(
      rows.length === 0 ? 'no running containers\n' : rows.map((vmid) => `${vmid}: 0-${io.node.cpus - 1}\n`).join(''),
    )
    return 0
  },
}
