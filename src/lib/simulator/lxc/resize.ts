import { ApiError, die } from '../api/api-error.js'
import { type ContainerConfig, type Options, withOptions } from '../config/container-config.js'
import { checkDigest, checkLock } from '../config/lock.js'
import { parseSize } from '../config/size.js'
import { type MountPoint, mountPoints, withVolume } from '../config/volumes.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { onStorage, storageOf } from './disks.js'
import { withConfigLock } from './flock.js'

export interface ResizeRequest {
  readonly vmid: number
  readonly disk: string
  /** `+4G` adds, `4G` sets. */
  readonly size: string
  readonly digest?: string
}

/** What is to become of a disk: checked before the task is forked, and in it again (PVE-FACTS 3.10). */
export interface ResizePlan {
  readonly config: ContainerConfig
  readonly disk: MountPoint
  /** Bytes. */
  readonly size: number
}

export function planResize(node: Node, { vmid, disk: name, size, digest }: ResizeRequest): ResizePlan {
  const { configs, storages } = node.cluster
  const config = configs.load(vmid, node.name)
  checkLock(config)
  checkDigest(config, digest)
  const disk = configuredDisk(config.options, name)
  const owner = storages.owner(disk.volume)
  if (owner !== vmid) die(`can't resize mount point owned by another container (${owner})${PLACE}`)
  const volume = storages.requireVolume(disk.volume, node.name)
  const asked = parseSize(size.replace('+', '')) ?? 0
  const wanted = size.startsWith('+') ? volume.size + asked : asked
  if (wanted < volume.size) die('unable to shrink disk size')
  if (wanted === volume.size) die('disk is already at specified size')
  return { config, disk, size: wanted }
}

/** Perl's own end of a message that lacks its newline (PVE-FACTS 1.6). */
const PLACE = ' at /usr/share/perl5/PVE/API2/LXC.pm line 2386.'

/** The disk of that name. 500 `format error` with every key that nothing is not, when there is none. */
export function configuredDisk(options: Options, name: string): MountPoint {
  const found = mountPoints(options).find((mount) => mount.name === name)
  if (found !== undefined) return found
  const missing = name === 'rootfs' ? ['volume'] : ['volume', 'mp']
  const errors = missing.map((key) => [key, 'property is missing and it is not optional'] as const)
  throw new ApiError(500, 'format error', Object.fromEntries(errors))
}

/** The resize task: everything is checked once more, under F. */
export function resizeDisk(worker: Worker, node: Node, request: ResizeRequest): Promise<void> {
  return withConfigLock(worker, request.vmid, () => resizeLocked(worker, node, request))
}

async function resizeLocked(worker: Worker, node: Node, request: ResizeRequest): Promise<void> {
  const { configs, storages, latency } = node.cluster
  await worker.step('begin')
  const { config, disk, size } = planResize(node, request)
  await onStorage(worker, node, 'resize', storageOf(disk.volume), (context) =>
    storages.resize(disk.volume, size, context),
  )
  await worker.sleep(latency.of('resize'))
  await worker.step('finish')
  const line = withVolume(disk.name, String(config.options[disk.name]), disk.volume, size)
  configs.write(request.vmid, node.name, withOptions(config, { [disk.name]: line }))
  if (storages.volume(disk.volume, node.name)?.format === 'raw') {
    const device = node.monitor.isRunning(request.vmid) ? '/dev/loop0' : storages.path(disk.volume)
    worker.print(`Resizing the filesystem on ${device} to ${size / 4096} (4k) blocks.`)
    worker.print(`The filesystem on ${device} is now ${size / 4096} (4k) blocks long.`)
  }
}
