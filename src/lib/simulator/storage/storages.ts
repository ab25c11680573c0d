import type { GuestRuntime } from '../guest/guest-runtime.js'
import type { StorageConfig, StorageContent } from './storage-config.js'
import type { Volume, VolumeTable } from './volume.js'

export type VolumeRuntime = Pick<
  GuestRuntime,
  | 'createVolume'
  | 'copyVolume'
  | 'renameVolume'
  | 'deleteVolume'
  | 'snapshotVolume'
  | 'rollbackVolume'
  | 'deleteVolumeSnapshot'
>

export interface StoragesOptions {
  readonly configs: readonly StorageConfig[]
  readonly volumes: VolumeTable
  readonly guests: VolumeRuntime
  readonly nodes: readonly string[]
  /** Milliseconds since the epoch. */
  now(): number
}

/** Where a volume operation happens, and who gets the lines that the storage tools print. */
export interface VolumeContext {
  readonly node: string
  print(line: string): void
}

export interface StorageUsage {
  readonly total: number
  readonly used: number
  readonly avail: number
  readonly active: 0 | 1
  readonly enabled: 0 | 1
}

/** How allocations on a storage are serialised (PVE-FACTS 6.2). */
export interface StorageLock {
  /** Path of the file lock, or name of the cluster lock. */
  readonly name: string
  readonly shared: boolean
  readonly timeoutMs: number
  readonly timeoutMessage: string
  /** What the task log says while it waits, and once it has it. */
  readonly waitingMessage: string
  readonly acquiredMessage?: string
}

/** Entry of the content list (PVE-FACTS 5). */
export type ContentEntry = Readonly<Record<string, string | number>>

export type VolumeFeature = 'snapshot' | 'clone' | 'copy' | 'template'

/** All storages of the cluster with their volumes. Errors are ApiErrors (500 unless told) in Proxmox's words. */
export class Storages {
  constructor(_options: StoragesOptions) {
    throw new Error('being built')
  }

  /** All storages in the order of storage.cfg. */
  all(): readonly StorageConfig[] {
    throw new Error('being built')
  }
  find(_id: string): StorageConfig | undefined {
    throw new Error('being built')
  }
  /** 500 `storage 'x' does not exist`. */
  config(_id: string): StorageConfig {
    throw new Error('being built')
  }
  /** The storage if it can be used on the node: else does not exist, is disabled, is not available on node. */
  get(_id: string, _node: string): StorageConfig {
    throw new Error('being built')
  }
  /** As get, and 400 errors.storage unless containers may live there. */
  checkContainerStorage(_id: string, _node: string): StorageConfig {
    throw new Error('being built')
  }
  /** 500 `storage 'x' does not allow content type 'rootdir' (Container)`. */
  checkContentType(_id: string, _content: StorageContent): void {
    throw new Error('being built')
  }
  /** 500 `unable to use volume <v> - content type needs to be 'vztmpl'` and the errors of unparsable ids. Not whether it exists. */
  checkOsTemplate(_volid: string): void {
    throw new Error('being built')
  }
  lock(_id: string): StorageLock {
    throw new Error('being built')
  }
  volume(_volid: string, _node: string): Volume | undefined {
    throw new Error('being built')
  }
  /** Registers a file such as an OS template; bytes. */
  addFile(_volid: string, _node: string, _size: number): Volume {
    throw new Error('being built')
  }
  /** Makes a new disk, size in bytes, and answers its volume id. `osTemplate` fills it. */
  async allocate(
    _request: { readonly storage: string; readonly vmid: number; readonly size: number; readonly osTemplate?: string },
    _context: VolumeContext,
  ): Promise<string> {
    throw new Error('being built')
  }
  /** Makes a disk the base of linked clones; its new volume id. */
  async createBase(_volid: string, _context: VolumeContext): Promise<string> {
    throw new Error('being built')
  }
  async linkedClone(_volid: string, _vmid: number, _context: VolumeContext, _snapname?: string): Promise<string> {
    throw new Error('being built')
  }
  async fullClone(
    _volid: string,
    _target: { readonly storage?: string; readonly vmid: number; readonly snapname?: string },
    _context: VolumeContext,
  ): Promise<string> {
    throw new Error('being built')
  }
  async snapshot(_volid: string, _name: string, _context: VolumeContext): Promise<void> {
    throw new Error('being built')
  }
  /** The storage's veto before a rollback (PVE-FACTS 6.2). */
  checkRollback(_volid: string, _name: string, _node: string): void {
    throw new Error('being built')
  }
  async rollback(_volid: string, _name: string, _context: VolumeContext): Promise<void> {
    throw new Error('being built')
  }
  async deleteSnapshot(_volid: string, _name: string, _context: VolumeContext): Promise<void> {
    throw new Error('being built')
  }
  async free(_volid: string, _context: VolumeContext): Promise<void> {
    throw new Error('being built')
  }
  /** Bytes. */
  async resize(_volid: string, _size: number, _context: VolumeContext): Promise<void> {
    throw new Error('being built')
  }
  hasFeature(_feature: VolumeFeature, _volid: string, _node: string, _snapname?: string): boolean {
    throw new Error('being built')
  }
  list(
    _storage: string,
    _node: string,
    _filter: { readonly content?: string; readonly vmid?: number } = {},
  ): readonly ContentEntry[] {
    throw new Error('being built')
  }
  usage(_storage: string, _node: string): StorageUsage {
    throw new Error('being built')
  }
  /** Volume ids on a node that belong to a container, on all storages: `destroy-unreferenced-disks`, and its disk use. */
  ownedBy(_vmid: number, _node: string): readonly string[] {
    throw new Error('being built')
  }
}
