import { die } from '../api/api-error.js'
import { checkRollback, commitRollback, prepareRollback } from '../config/snapshots.js'
import { snapshotSection } from '../config/view.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { diskMounts, onStorage, storageOf } from './disks.js'
import { withConfigLock } from './flock.js'
import { killContainer } from './stop.js'

/**
 * The rollback task (PVE-FACTS 3.8): hard-stops the container, rolls its volumes back under the lock `rollback`, which stays when a
 * storage fails, and leaves the container stopped.
 */
export async function rollbackContainer(worker: Worker, node: Node, vmid: number, name: string): Promise<void> {
  const { configs, storages, volumeFacts, latency } = node.cluster
  const config = configs.load(vmid, node.name)
  checkRollback(config, name)
  const disks = diskMounts(snapshotSection(config, name).options)
  for (const { volume } of disks) storages.checkRollback(volume, name, node.name)
  await withConfigLock(worker, vmid, async () => {
    const locked = prepareRollback(configs.load(vmid, node.name), name)
    await killContainer(worker, node, vmid)
    if (node.monitor.isRunning(vmid)) die(`unable to rollback vm ${vmid}: vm is running`)
    await worker.run(node.monitor.gone(vmid))
    configs.write(vmid, node.name, locked)
  })
  await worker.step('prepare', { snapname: name })
  await worker.sleep(latency.of('rollback'))
  for (const { volume } of disks) {
    await onStorage(worker, node, 'rollback', storageOf(volume), (context) => storages.rollback(volume, name, context))
    volumeFacts.copy({ volid: volume, snapshot: name }, { volid: volume })
  }
  await worker.step('commit', { snapname: name })
  await withConfigLock(worker, vmid, () => {
    configs.write(vmid, node.name, commitRollback(configs.load(vmid, node.name), name))
  })
}
