import { commitSnapshot, commitSnapshotDelete, prepareSnapshot, prepareSnapshotDelete } from '../config/snapshots.js'
import { snapshotSection } from '../config/view.js'
import { mountPoints } from '../config/volumes.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { diskMounts, onStorage, storageOf } from './disks.js'
import { withConfigLock } from './flock.js'

/** The snapshot task: nearly every check is made here (PVE-FACTS 3.8). */
export async function createSnapshot(
  worker: Worker,
  node: Node,
  vmid: number,
  snapshot: { readonly name: string; readonly description?: string },
): Promise<void> {
  const { configs, clock, latency } = node.cluster
  const { name } = snapshot
  await withConfigLock(worker, vmid, () => {
    const config = configs.load(vmid, node.name)
    const snaptime = Math.floor(clock.now() / 1000)
    configs.write(
      vmid,
      node.name,
      prepareSnapshot(config, { ...snapshot, snaptime }, () => hasSnapshots(node, vmid)),
    )
  })
  const taken: string[] = []
  try {
    await worker.step('prepare', { snapname: name })
    await frozen(worker, node, vmid, async () => {
      await worker.sleep(latency.of('snapshot'))
      await snapshotVolumes(worker, node, vmid, name, taken)
    })
  } catch (error) {
    worker.print('snapshot create failed: starting cleanup')
    await removeFailed(worker, node, vmid, name, taken)
    throw error
  }
  await worker.step('commit', { snapname: name })
  await withConfigLock(worker, vmid, () => {
    configs.write(vmid, node.name, commitSnapshot(configs.load(vmid, node.name), name))
  })
}

/** The task that removes one. After a storage error the lock and the half removed section stay (PVE-FACTS 3.8). */
export async function deleteSnapshot(
  worker: Worker,
  node: Node,
  vmid: number,
  { name, force }: { readonly name: string; readonly force: boolean },
): Promise<void> {
  const { configs, latency } = node.cluster
  await withConfigLock(worker, vmid, () => {
    configs.write(vmid, node.name, prepareSnapshotDelete(configs.load(vmid, node.name), name))
  })
  await worker.step('prepare', { snapname: name })
  await worker.sleep(latency.of('delete-snapshot'))
  for (const { volume } of snapshotDisks(node, vmid, name)) {
    try {
      await deleteVolumeSnapshot(worker, node, volume, name)
    } catch (error) {
      if (!force) throw error
      worker.print(error instanceof Error ? error.message : String(error))
    }
  }
  await worker.step('commit', { snapname: name })
  await withConfigLock(worker, vmid, () => {
    configs.write(vmid, node.name, commitSnapshotDelete(configs.load(vmid, node.name), name))
  })
}

/** Whether every disk can have snapshots; bind mounts and devices cannot (PVE-FACTS 3.10). */
function hasSnapshots(node: Node, vmid: number): boolean {
  const { configs, storages } = node.cluster
  return mountPoints(configs.load(vmid, node.name).options).every(
    ({ type, volume }) => type === 'volume' && storages.hasFeature('snapshot', volume),
  )
}

async function snapshotVolumes(worker: Worker, node: Node, vmid: number, name: string, taken: string[]): Promise<void> {
  const { storages, volumeFacts } = node.cluster
  for (const { volume } of snapshotDisks(node, vmid, name)) {
    await onStorage(worker, node, 'snapshot', storageOf(volume), (context) => storages.snapshot(volume, name, context))
    volumeFacts.copy({ volid: volume }, { volid: volume, snapshot: name })
    taken.push(volume)
  }
}

/** Stops all processes of a running container meanwhile, so that its file systems are at rest. */
async function frozen(worker: Worker, node: Node, vmid: number, work: () => Promise<void>): Promise<void> {
  const { guests } = node.cluster
  if (!node.monitor.isRunning(vmid) || !guests.isRunning(vmid)) return work()
  await worker.run(guests.freeze(vmid))
  try {
    await work()
  } finally {
    if (guests.isRunning(vmid)) await guests.thaw(vmid)
  }
}

async function removeFailed(
  worker: Worker,
  node: Node,
  vmid: number,
  name: string,
  taken: readonly string[],
): Promise<void> {
  const { configs } = node.cluster
  try {
    await withConfigLock(worker, vmid, () => {
      configs.write(vmid, node.name, prepareSnapshotDelete(configs.load(vmid, node.name), name, { cleanup: true }))
    })
    for (const volume of taken) await deleteVolumeSnapshot(worker, node, volume, name)
    await withConfigLock(worker, vmid, () => {
      configs.write(vmid, node.name, commitSnapshotDelete(configs.load(vmid, node.name), name))
    })
  } catch (error) {
    worker.print(error instanceof Error ? error.message : String(error))
  }
}

async function deleteVolumeSnapshot(worker: Worker, node: Node, volume: string, name: string): Promise<void> {
  const { storages, volumeFacts } = node.cluster
  await onStorage(worker, node, 'delete-snapshot', storageOf(volume), (context) =>
    storages.deleteSnapshot(volume, name, context),
  )
  volumeFacts.forget(volume, name)
}

function snapshotDisks(node: Node, vmid: number, name: string) {
  return diskMounts(snapshotSection(node.cluster.configs.load(vmid, node.name), name).options)
}
