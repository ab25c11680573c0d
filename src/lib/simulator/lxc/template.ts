import { die } from '../api/api-error.js'
import { type ContainerConfig, isTemplate, withOptions } from '../config/container-config.js'
import { checkLock } from '../config/lock.js'
import { withVolume } from '../config/volumes.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { diskMounts, onStorage, storageOf } from './disks.js'

/** What is checked before the task is forked, under F (PVE-FACTS 3.4). */
export function checkConvertible(node: Node, vmid: number): void {
  const config = node.cluster.configs.load(vmid, node.name)
  checkLock(config)
  if (Object.keys(config.snapshots).length > 0) die('unable to create template, because CT contains snapshots')
  if (isTemplate(config)) die("you can't convert a template to a template")
  if (node.monitor.isRunning(vmid)) die("you can't convert a CT to template if the CT is running")
}

/** The template task. It has no lock in the configuration, but inherited F. */
export async function convertToTemplate(worker: Worker, node: Node, vmid: number): Promise<void> {
  const { configs, storages, volumeFacts, latency } = node.cluster
  const config = configs.load(vmid, node.name)
  const disks = diskMounts(config.options)
  await worker.step('begin')
  for (const { volume } of disks) {
    if (!storages.hasFeature('template', volume)) die(`Template feature is not available for '${volume}'`)
  }
  await worker.sleep(latency.of('template'))
  let converted: ContainerConfig = config
  for (const { name, volume } of disks) {
    const base = await onStorage(worker, node, 'create-base', storageOf(volume), (context) =>
      storages.createBase(volume, context),
    )
    volumeFacts.rename(volume, base)
    const line = withVolume(name, String(config.options[name]), base)
    converted = configs.write(vmid, node.name, withOptions(converted, { [name]: line }))
    await worker.step('convert')
  }
  configs.write(vmid, node.name, withOptions(converted, { template: 1 }))
}
