import { withOptions } from '../../../config/container-config.js'
import { checkLock, withoutLock } from '../../../config/lock.js'
import type { ObjectSchema } from '../../../schema/schema.js'
import { checkOptions, type SubCommand } from '../command-table.js'
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
  options: () => FSCK_OPTIONS,
  async run(parameters, io) {
    checkOptions(parameters, FSCK_OPTIONS)
    const vmid = vmidOf(parameters['vmid'])
    const device = String(parameters['device'] ?? 'rootfs')
    const { options } = configOf(vmid, io)
    if (options[device] === undefined) throw new ToolFailure(`cannot run command on non-existing mount point ${device}`)
    if (io.node.monitor.isRunning(vmid)) throw new ToolFailure('cannot run fsck when container is running')
    await io.out(`fsck from util-linux 2.41\n${device}: clean\n`)
    return 0
  },
}

const FSCK_OPTIONS: ObjectSchema = {
  force: { type: 'boolean', optional: true },
  device: { type: 'string', optional: true, enum: ['rootfs', ...Array.from({ length: 256 }, (_, n) => `mp${n}`)] },
}

export const fstrim: SubCommand = {
  name: 'fstrim',
  args: ['vmid'],
  options: () => ({ 'ignore-mountpoints': { type: 'boolean', optional: true } }),
  async run({ vmid: text }, io) {
    const vmid = vmidOf(text)
    checkLock(configOf(vmid, io))
    await io.out(`/var/lib/lxc/${vmid}/rootfs/: 0 B (0 bytes) trimmed\n`)
    return 0
  },
}

export const rescan: SubCommand = {
  name: 'rescan',
  args: [],
  options: () => ({ dryrun: { type: 'boolean', optional: true }, vmid: { type: 'integer', optional: true } }),
  async run({ dryrun }, io) {
    if (dryrun === '1') await io.out("NOTE: running in dry-run mode, won't write changes out!\n")
    await io.out('rescan volumes...\n')
    return 0
  },
}

/** Every running container may use every CPU of the node here. */
export const cpusets: SubCommand = {
  name: 'cpusets',
  args: [],
  options: NO_OPTIONS,
  async run(_, io) {
    const running = [...io.cluster.configs.onNode(io.node.name)].filter((vmid) => io.node.monitor.isRunning(vmid))
    const width = Math.max(0, ...running.map((vmid) => String(vmid).length))
    const cpus = `:  ${Array.from({ length: io.node.cpus }, (_, cpu) => cpu).join(' ')}`
    const rows = running.sort().map((vmid) => `${String(vmid).padStart(width)}${cpus}\n`)
    const rule = `${'-'.repeat(width + cpus.length)}\n`
    await io.out(running.length === 0 ? 'no running containers\n' : [rule, ...rows, rule].join(''))
    return 0
  },
}
