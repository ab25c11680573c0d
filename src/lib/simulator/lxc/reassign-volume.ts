import { die } from '../api/api-error.js'
import { type ContainerConfig, isTemplate, type OptionValue, withOptions } from '../config/container-config.js'
import { checkDigest, checkLock } from '../config/lock.js'
import { checkProtection, planUpdate } from '../config/update.js'
import { parseMountPoint, usesVolume, withVolume } from '../config/volumes.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { applyPlan } from './apply-plan.js'
import { onStorage, storageOf } from './disks.js'
import { withConfigLock } from './flock.js'

export interface ReassignRequest {
  readonly vmid: number
  readonly targetVmid: number
  /** `mpN` or `unusedN` of the container that has the volume. */
  readonly name: string
  /** What it is to be in the other one. */
  readonly targetName: string
  readonly digest?: string
  readonly targetDigest?: string
  /** The MTU of a bridge. */
  readonly bridgeMtu: (bridge: string) => number
}

/** What is checked before the task is forked, and in it again (PVE-FACTS 3.10). Answers the volume. */
export function checkReassignable(node: Node, request: ReassignRequest): string {
  const { vmid, targetVmid, name, targetName, digest, targetDigest } = request
  if (name === 'rootfs' || targetName === 'rootfs') die("Cannot move to/from 'rootfs'")
  if (isUnused(name) && !isUnused(targetName)) die('Moving an unused volume to a used one is not possible')
  const places = [vmid, targetVmid].map((id) => node.cluster.configs.find(id)?.node ?? die(`could not find CT ${id}`))
  if (places[0] !== places[1]) die(`Both containers need to be on the same node (${places[0]} != ${places[1]})`)
  const source = unlocked(node, vmid)
  const target = unlocked(node, targetVmid)
  if (isTemplate(source) || isTemplate(target)) die("Can't move volumes from or to template CT")
  checkContainerDigest(vmid, source, digest)
  checkContainerDigest(targetVmid, target, targetDigest)
  const line = source.options[name] ?? die(`volume '${name}' for container '${vmid}' does not exist`)
  if (target.options[targetName] !== undefined) {
    die(`Target volume key '${targetName}' is already in use for container '${targetVmid}'`)
  }
  const volume = volumeOf(name, line)
  if (Object.values(source.snapshots).some(({ options }) => usesVolume(options, volume))) {
    die('Cannot move volume used by a snapshot to another container')
  }
  if (volume.startsWith('/') || !node.cluster.storages.hasFeature('rename', volume)) {
    die('Storage does not support moving of this disk to another container')
  }
  if (node.monitor.isRunning(vmid) && !isUnused(name)) {
    die('Cannot move in-use volume while the source CT is running - detach or shutdown first')
  }
  checkProtection(target, `cannot assign a volume to target CT ${targetVmid}`)
  return volume
}

/** The task that gives a volume to another container, under the lock files of both. */
export function reassignVolume(worker: Worker, node: Node, request: ReassignRequest): Promise<void> {
  const { vmid, targetVmid } = request
  const work = () => reassignLocked(worker, node, request)
  if (vmid === targetVmid) return withConfigLock(worker, vmid, work)
  return withConfigLock(worker, vmid, () => withConfigLock(worker, targetVmid, work))
}

async function reassignLocked(worker: Worker, node: Node, request: ReassignRequest): Promise<void> {
  const { vmid, targetVmid, name, targetName } = request
  const { configs, storages, volumeFacts } = node.cluster
  await worker.step('begin')
  const volume = checkReassignable(node, request)
  worker.print(`moving volume '${name}' from container '${vmid}' to '${targetVmid}'`)
  const renamed = await onStorage(worker, node, 'rename', storageOf(volume), (context) =>
    storages.rename(volume, targetVmid, context),
  )
  volumeFacts.rename(volume, renamed)
  await worker.step('renamed')
  const source = configs.load(vmid, node.name)
  const line = String(source.options[name])
  worker.print(`removing volume '${name}' from container '${vmid}' config`)
  configs.write(vmid, node.name, withOptions(source, { [name]: undefined }))
  const target = configs.load(targetVmid, node.name)
  if (isUnused(targetName)) configs.write(targetVmid, node.name, withOptions(target, { [targetName]: renamed }))
  else await plugIn(worker, node, request, target, withVolume(name, line, renamed))
  worker.print(`target container '${targetVmid}' updated with '${targetName}'`)
}

/** As a change of the target's configuration would: a running container has the new mount point at once. */
async function plugIn(
  worker: Worker,
  node: Node,
  { targetVmid, targetName, bridgeMtu }: ReassignRequest,
  target: ContainerConfig,
  line: string,
): Promise<void> {
  const { storages, random } = node.cluster
  const running = node.monitor.isRunning(targetVmid)
  const plan = planUpdate(
    target,
    { set: { [targetName]: line }, delete: [], revert: [] },
    {
      ...{ vmid: targetVmid, running, random, bridgeMtu },
      checkStorage: (volume) => storages.checkContentType(storageOf(volume), 'rootdir'),
      volumeSize: (volid) => storages.volume(volid, node.name)?.size,
    },
  )
  await applyPlan(node, targetVmid, plan, { running, print: (text) => worker.print(text) })
}

const isUnused = (name: string) => name.startsWith('unused')

function volumeOf(name: string, line: OptionValue): string {
  return isUnused(name) ? String(line) : parseMountPoint(name, String(line)).volume
}

function unlocked(node: Node, vmid: number): ContainerConfig {
  const config = node.cluster.configs.load(vmid, node.name)
  checkLock(config)
  return config
}

function checkContainerDigest(vmid: number, config: ContainerConfig, digest: string | undefined): void {
  try {
    checkDigest(config, digest)
  } catch (error) {
    die(`Container ${vmid}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
