import { die } from '../api/api-error.js'
import { configLock, withOptions } from '../config/container-config.js'
import { checkLock, withoutLock } from '../config/lock.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { diskMounts, storageOf } from './disks.js'
import { withConfigLock } from './flock.js'
import { startContainer } from './start.js'
import { killContainer } from './stop.js'

export interface MigrateRequest {
  readonly vmid: number
  readonly target: Node
  readonly online: boolean
  /** Stop a running container and start it on the target. */
  readonly restart: boolean
  /** Who starts it there. */
  readonly user: string
}

/** The migration task (PVE-FACTS 3.10). Only disks on shared storages move: copying a disk to another node is not simulated. */
export async function migrateContainer(worker: Worker, node: Node, request: MigrateRequest): Promise<void> {
  const { vmid, target, online, restart, user } = request
  const { configs, storages } = node.cluster
  const running = node.monitor.isRunning(vmid)
  await withConfigLock(worker, vmid, () => {
    const config = configs.load(vmid, node.name)
    checkLock(config)
    configs.write(vmid, node.name, withOptions(config, { lock: 'migrate' }))
  })
  try {
    worker.print(`starting migration of CT ${vmid} to node '${target.name}'`)
    if (running && online && !restart) die('lxc live migration is currently not implemented')
    for (const { volume } of diskMounts(configs.load(vmid, node.name).options)) {
      const storage = storages.get(storageOf(volume), target.name)
      if (!storage.shared) die(`storage migration for '${volume}' to storage '${storage.id}' failed - not simulated`)
    }
    if (running) await killContainer(worker, node, vmid)
    await worker.run(node.monitor.gone(vmid))
    await worker.step('move')
  } catch (error) {
    await withConfigLock(worker, vmid, () => {
      const config = configs.load(vmid, node.name)
      if (configLock(config) === 'migrate') configs.write(vmid, node.name, withoutLock(config))
    })
    throw new Error(`migration aborted: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
  await withConfigLock(worker, vmid, () => {
    configs.write(vmid, node.name, withoutLock(configs.load(vmid, node.name), 'migrate'))
    configs.move(vmid, node.name, target.name)
  })
  worker.print('migration finished successfully')
  if (!running) return
  target.fork({ type: 'vzstart', id: String(vmid), user, run: (child) => startContainer(child, target, vmid) })
}
