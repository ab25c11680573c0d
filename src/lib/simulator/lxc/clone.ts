import { die } from '../api/api-error.js'
import { type ContainerConfig, configLock, withOptions } from '../config/container-config.js'
import { withoutLock } from '../config/lock.js'
import { type MountPoint, withVolume } from '../config/volumes.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { freeQuietly, onStorage, storageOf } from './disks.js'
import { withConfigLock } from './flock.js'
import { warnAboutNesting } from './nesting.js'

/** What the sync part of a clone found good; source and target are locked. */
export interface CloneRequest {
  readonly vmid: number
  readonly newid: number
  /** The disks of the source, or of its snapshot. */
  readonly disks: readonly MountPoint[]
  readonly full: boolean
  readonly running: boolean
  readonly snapname?: string
  /** Of the copies; absent: the same. */
  readonly storage?: string
  /** KiB per second; 0: no limit. */
  readonly bwlimit: number
  readonly target?: string
  readonly pool?: string
}

/** A failed clone waits before it removes what it made (PVE-FACTS 3.3). */
const CLEANUP_PAUSE_MS = 1000

/** The clone task (PVE-FACTS 3.3): the source's lock goes when the copy ended, in any case, the target's comes last. */
export async function cloneContainer(worker: Worker, node: Node, request: CloneRequest): Promise<void> {
  const { vmid, newid, running } = request
  const { configs } = node.cluster
  const volumes: string[] = []
  worker.interruptMessage = 'interrupted by signal'
  try {
    try {
      worker.print(`creating a clone of container ${vmid} with ID ${newid}`)
      await withConfigLock(worker, vmid, () => {
        const source = configs.load(vmid, node.name)
        if (configLock(source) !== 'disk' || node.monitor.isRunning(vmid) !== running) die('unexpected state change')
      })
      await worker.step('begin', { newid })
      for (const disk of request.disks) await copyDisk(worker, node, request, disk, volumes)
      await worker.step('finish', { newid })
    } finally {
      await unlockSource(worker, node, vmid)
    }
    await handOver(worker, node, request)
  } catch (error) {
    await worker.sleep(CLEANUP_PAUSE_MS)
    await freeQuietly(worker, node, volumes)
    configs.delete(newid)
    throw new Error(`clone failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

async function copyDisk(
  worker: Worker,
  node: Node,
  request: CloneRequest,
  { name, volume }: MountPoint,
  volumes: string[],
): Promise<void> {
  const { vmid, newid, full, storage, snapname } = request
  const { configs, storages, volumeFacts, latency } = node.cluster
  const snapshot = snapname === undefined ? {} : { snapname }
  const copy = full
    ? `create full clone of mountpoint ${name} (${volume})`
    : `create linked clone of mount point ${name} (${volume})`
  worker.print(copy)
  const target = full ? (storage ?? storageOf(volume)) : storageOf(volume)
  const volid = await onStorage(worker, node, full ? 'full-clone' : 'linked-clone', target, (context) =>
    full
      ? storages.fullClone(volume, { storage: target, vmid: newid, ...snapshot }, context)
      : storages.linkedClone(volume, newid, context, snapname),
  )
  volumes.push(volid)
  const ms = full ? fullCopyMs(node, request, volume) : latency.of('linked-clone')
  await worker.sleep(ms / 2)
  await worker.step('copy', { newid })
  await worker.sleep(ms / 2)
  if (full) printCopyStatistics(worker, node, volume)
  const { mounted, ...fact } = volumeFacts.get(volume, snapname)
  // A full clone copies files out of a mount; a linked one takes the file system as it is.
  volumeFacts.set(volid, full || mounted === undefined ? fact : { ...fact, mounted })
  const section = snapname === undefined ? undefined : configs.load(vmid, node.name).snapshots[snapname]
  const line = String((section ?? configs.load(vmid, node.name)).options[name])
  const size = storages.volume(volid, node.name)?.size
  await withConfigLock(worker, newid, () => {
    const clone = configs.load(newid, node.name)
    configs.write(newid, node.name, withOptions(clone, { [name]: withVolume(name, line, volid, size) }))
  })
}

function fullCopyMs(node: Node, { bwlimit }: CloneRequest, volume: string): number {
  const { storages, latency } = node.cluster
  const used = storages.volume(volume, node.name)?.used ?? 0
  return Math.max(latency.of('full-clone'), bwlimit > 0 ? (used / 1024 / bwlimit) * 1000 : 0)
}

/** What `rsync --stats` prints. */
function printCopyStatistics(worker: Worker, node: Node, volume: string): void {
  const used = node.cluster.storages.volume(volume, node.name)?.used ?? 0
  const bytes = used.toLocaleString('en-US')
  worker.print(`Total file size: ${bytes} bytes`)
  worker.print(`Total transferred file size: ${bytes} bytes`)
  worker.print(`total size is ${bytes}  speedup is 1.00`)
}

async function unlockSource(worker: Worker, node: Node, vmid: number): Promise<void> {
  const { configs } = node.cluster
  try {
    await withConfigLock(worker, vmid, () => {
      configs.write(vmid, node.name, withoutLock(configs.load(vmid, node.name), 'disk'))
    })
  } catch (error) {
    worker.print(error instanceof Error ? error.message : String(error))
  }
}

async function handOver(worker: Worker, node: Node, request: CloneRequest): Promise<void> {
  const { newid, target, pool } = request
  const { configs, pools, version } = node.cluster
  const finished: ContainerConfig = configs.load(newid, node.name)
  if (version.warnsAboutNesting) warnAboutNesting(worker, node, finished)
  await worker.step('unlock', { newid })
  await withConfigLock(worker, newid, () => {
    configs.write(newid, node.name, withoutLock(configs.load(newid, node.name), 'create'))
  })
  if (target !== undefined && target !== node.name) configs.move(newid, node.name, target)
  if (pool !== undefined && pools.has(pool)) pools.addContainer(pool, newid)
}
