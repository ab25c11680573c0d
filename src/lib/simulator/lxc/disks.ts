import type { ContainerConfig, Options } from '../config/container-config.js'
import type { MountPoint } from '../config/volumes.js'
import { mountPoints } from '../config/volumes.js'
import type { Node } from '../node.js'
import type { VolumeContext } from '../storage/storages.js'
import type { Worker } from '../task.js'

/** Mount points that are volumes of a storage, rootfs first. */
export function diskMounts(options: Options): readonly MountPoint[] {
  return mountPoints(options).filter(({ type }) => type === 'volume')
}

/** Every volume that a configuration names, in its snapshots and unused disks too, each once. */
export function allVolumes(config: ContainerConfig): readonly string[] {
  const sections = [config.options, ...Object.values(config.snapshots).map(({ options }) => options)]
  const used = sections.flatMap((options) => diskMounts(options).map(({ volume }) => volume))
  const unused = Object.entries(config.options).flatMap(([name, value]) =>
    /^unused\d+$/.test(name) ? [String(value)] : [],
  )
  return [...new Set([...used, ...unused])]
}

export const storageOf = (volid: string): string => volid.split(':', 1)[0] ?? ''

/** One operation on a storage on behalf of a task, under the storage's lock (PVE-FACTS 6.2). A fault script can strike at `storage:<operation>`. */
export async function onStorage<T>(
  worker: Worker,
  node: Node,
  operation: string,
  storage: string,
  work: (context: VolumeContext) => Promise<T>,
): Promise<T> {
  const { storages, locks } = node.cluster
  const { name, shared, timeoutMs, timeoutMessage, waitingMessage, acquiredMessage } = storages.lock(storage)
  const request = {
    path: name,
    timeoutMs,
    timeoutMessage,
    ...(shared ? { locks } : {}),
    onWait: () => worker.print(waitingMessage),
    onGranted: () => acquiredMessage !== undefined && worker.printMore(acquiredMessage),
  }
  return worker.locked(request, async () => {
    await worker.fault(`storage:${operation}`, { storage })
    return worker.run(work({ node: node.name, print: (line) => worker.print(line) }))
  })
}

/** Frees volumes that a failed operation leaves; what cannot be freed is only told in the log. */
export async function freeQuietly(worker: Worker, node: Node, volids: readonly string[]): Promise<void> {
  for (const volid of volids) {
    try {
      await freeVolume(worker, node, volid)
    } catch (error) {
      worker.print(error instanceof Error ? error.message : String(error))
    }
  }
}

export async function freeVolume(worker: Worker, node: Node, volid: string): Promise<void> {
  const { storages, volumeFacts } = node.cluster
  const snapshots = storages.volume(volid, node.name)?.snapshots ?? []
  await onStorage(worker, node, 'free', storageOf(volid), (context) => storages.free(volid, context))
  for (const { name } of snapshots) volumeFacts.forget(volid, name)
  volumeFacts.forget(volid)
}
