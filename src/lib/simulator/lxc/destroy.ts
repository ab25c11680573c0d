import { die } from '../api/api-error.js'
import type { ContainerConfig } from '../config/container-config.js'
import { containerConfig, withOptions } from '../config/container-config.js'
import { checkLock } from '../config/lock.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { allVolumes, freeVolume } from './disks.js'
import { withConfigLock } from './flock.js'
import { killContainer } from './stop.js'

export interface DestroyRequest {
  readonly vmid: number
  readonly force: boolean
  readonly purge: boolean
  readonly destroyUnreferencedDisks: boolean
}

/** What is checked before the task, and in it again (PVE-FACTS 3.7). HA and replication are not simulated. */
export function checkDestroyable(node: Node, { vmid, force }: DestroyRequest): ContainerConfig {
  const config = node.cluster.configs.load(vmid, node.name)
  if (config.options['protection'] === 1) die(`can't remove CT ${vmid} - protection mode enabled`)
  checkLock(config)
  if (!force && node.monitor.isRunning(vmid)) die(`unable to destroy CT ${vmid} - container is running`)
  return config
}

/** The destroy task: volumes first, then rights and pools, the configuration last (PVE-FACTS 3.7). */
export async function destroyContainer(worker: Worker, node: Node, request: DestroyRequest): Promise<void> {
  const { vmid, purge } = request
  const { configs, access, latency } = node.cluster
  await withConfigLock(worker, vmid, async () => {
    const config = checkDestroyable(node, request)
    if (node.monitor.isRunning(vmid)) {
      worker.print(`forced to stop CT ${vmid} before destroying!`)
      await killContainer(worker, node, vmid)
    }
    await worker.run(node.monitor.gone(vmid))
    await worker.step('begin')
    await worker.sleep(latency.of('destroy'))
    await freeAll(worker, node, config, request)
    configs.write(vmid, node.name, withOptions(containerConfig({}), { lock: 'destroyed' }))
    await worker.step('volumes')
    access.removeContainer(vmid)
    if (purge) worker.print(`purging CT ${vmid} from related configurations..`)
    configs.delete(vmid)
  })
}

async function freeAll(worker: Worker, node: Node, config: ContainerConfig, request: DestroyRequest): Promise<void> {
  const { vmid, destroyUnreferencedDisks } = request
  const { storages } = node.cluster
  for (const volid of allVolumes(config)) {
    const owner = storages.volume(volid, node.name)?.vmid
    if (owner !== undefined && owner !== vmid) {
      worker.print(`ignore deletion of '${volid}', CT ${vmid} isn't the owner!`)
      continue
    }
    await freeVolume(worker, node, volid)
  }
  if (!destroyUnreferencedDisks) return
  for (const volid of storages.ownedBy(vmid, node.name)) await freeVolume(worker, node, volid)
}
