import { CmuxError } from '../errors.js'
import type { ContainerConfig, StorageCapabilities } from '../pve/client.js'

export type CloneKind = 'linked' | 'full'

export interface CloneWish {
  /** Ask for a full copy even where a linked clone can be made. */
  readonly full: boolean
  /** Storage for a full copy. */
  readonly storage?: string
}

export interface ClonePlan {
  readonly kind: CloneKind
  /** Why it is not linked although nobody asked for a full copy. */
  readonly reason?: string
}

/** The storages that hold a container's root file system and mount points. Bind mounts and devices are on none. */
export function storagesOf(config: ContainerConfig): readonly string[] {
  const volumes = Object.entries(config.options).filter(([key]) => /^(?:rootfs|mp\d+)$/.test(key))
  const storages = volumes.map(([, value]) => /^([a-z][\w.-]*):/i.exec(String(value))?.[1])
  return [...new Set(storages.filter((storage) => storage !== undefined))]
}

/**
 * Linked where every storage of a template can, else full (PVE-FACTS 3.3, 6.1). A storage that the token cannot see counts as able:
 * Proxmox refuses before anything is made when it is not.
 */
export function planClone(
  config: ContainerConfig,
  capabilities: ReadonlyMap<string, StorageCapabilities>,
  wish: CloneWish,
): ClonePlan {
  if (wish.full || wish.storage !== undefined) return { kind: 'full' }
  if (!config.template) return { kind: 'full', reason: 'only templates have linked clones' }
  const unable = storagesOf(config).find((storage) => capabilities.get(storage)?.linkedClones === false)
  if (unable === undefined) return { kind: 'linked' }
  return { kind: 'full', reason: `storage ${unable} has no linked clones` }
}

/** Refuses a source that no clone can be made of. */
export function checkSource(name: string, config: ContainerConfig, running: boolean): void {
  if (!config.template && running) {
    throw new CmuxError('conflict', `${name} is running and can be copied only while it is stopped`, {
      hint: 'Stop it first, or clone a template.',
    })
  }
}
