import { die } from '../api/api-error.js'
import { configLock, withOptions } from '../config/container-config.js'
import { checkDigest, checkLock, withoutLock } from '../config/lock.js'
import { usesVolume, withUnusedVolume, withVolume } from '../config/volumes.js'
import type { Node } from '../node.js'
import type { Process } from '../process.js'
import type { Worker } from '../task.js'
import { freeQuietly, freeVolume, onStorage } from './disks.js'
import { withConfigLock } from './flock.js'
import { configuredDisk } from './resize.js'

export interface MoveRequest {
  readonly vmid: number
  /** `rootfs` or `mpN`. */
  readonly name: string
  readonly storage: string
  /** Free the source afterwards. */
  readonly remove: boolean
  readonly digest?: string
}

/** Takes the lock `disk` for the copy (PVE-FACTS 3.10). Answers the volume that is to be moved. */
export async function lockForMove(process: Process, node: Node, request: MoveRequest): Promise<string> {
  const { vmid, name, remove, digest } = request
  const { configs } = node.cluster
  return withConfigLock(process, vmid, () => {
    const config = configs.load(vmid, node.name)
    checkLock(config)
    if (node.monitor.isRunning(vmid)) die('cannot move volumes of a running container')
    if (name.startsWith('unused')) {
      die(`cannot move volume '${name}', only configured volumes can be moved to another storage`)
    }
    const disk = configuredDisk(config.options, name)
    const isInSnapshot = Object.values(config.snapshots).some(({ options }) => usesVolume(options, disk.volume))
    if (remove && isInSnapshot) die("you can't move a volume with snapshots and delete the source")
    checkDigest(config, digest)
    configs.write(vmid, node.name, withOptions(config, { lock: 'disk' }))
    return disk.volume
  })
}

/** The task that copies a disk to another storage. The source becomes an unused volume unless it is to be removed. */
export async function moveVolume(worker: Worker, node: Node, request: MoveRequest, volume: string): Promise<void> {
  const { vmid, name, storage, remove } = request
  const { configs, storages, volumeFacts, latency } = node.cluster
  const copies: string[] = []
  try {
    await worker.step('begin')
    if (volume.startsWith('/')) die(`cannot copy volumes of type ${volume.startsWith('/dev/') ? 'device' : 'bind'}`)
    storages.checkAllocatable(storage)
    const copy = await onStorage(worker, node, 'full-clone', storage, (context) =>
      storages.fullClone(volume, { storage, vmid }, context),
    )
    copies.push(copy)
    volumeFacts.copy({ volid: volume }, { volid: copy })
    await worker.sleep(latency.of('full-clone'))
    await worker.step('copy')
    await withConfigLock(worker, vmid, () => {
      const config = configs.load(vmid, node.name)
      if (configLock(config) !== 'disk') die('unexpected state change')
      const line = withVolume(name, String(config.options[name]), copy)
      const moved = withOptions(config, { [name]: line })
      configs.write(vmid, node.name, remove ? moved : { ...moved, options: withUnusedVolume(moved.options, volume) })
    })
    if (remove) await freeVolume(worker, node, volume)
  } catch (error) {
    await freeQuietly(worker, node, copies)
    throw error
  } finally {
    await withConfigLock(worker, vmid, () => {
      configs.write(vmid, node.name, withoutLock(configs.load(vmid, node.name), 'disk'))
    })
  }
}
