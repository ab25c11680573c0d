import type { StorageConfig } from './storage-config.js'

/** How changes of a storage's volumes are serialised (PVE-FACTS 6.2). */
export interface StorageLock {
  /** Path of the file lock, or name of the cluster's lock: held on one node, or on all. */
  readonly name: string
  readonly shared: boolean
  readonly timeoutMs: number
  readonly timeoutMessage: string
  /** What the task log says while it waits, and once it has it. */
  readonly waitingMessage: string
  readonly acquiredMessage?: string
}

export function storageLock({ id, shared }: StorageConfig): StorageLock {
  const timeoutMs = 10_000
  if (shared) {
    const name = `storage-${id}`
    return {
      name,
      shared,
      timeoutMs,
      timeoutMessage: `cfs-lock '${name}' error: got lock request timeout`,
      waitingMessage: `trying to acquire cfs lock '${name}' ...`,
    }
  }
  const name = `/var/lock/pve-manager/pve-storage-${id}`
  return {
    name,
    shared,
    timeoutMs,
    timeoutMessage: `can't lock file '${name}' - got timeout`,
    waitingMessage: 'trying to acquire lock...',
    acquiredMessage: ' OK',
  }
}
