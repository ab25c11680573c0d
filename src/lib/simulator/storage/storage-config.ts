export type StorageType = 'dir' | 'nfs' | 'lvm' | 'lvmthin' | 'zfspool' | 'btrfs' | 'rbd'
export type StorageContent = 'rootdir' | 'images' | 'vztmpl' | 'iso' | 'backup' | 'snippets'

/** One entry of storage.cfg. */
export interface StorageConfig {
  readonly id: string
  readonly type: StorageType
  readonly content: readonly StorageContent[]
  readonly shared: boolean
  /** Only on these nodes; absent: on all. */
  readonly nodes?: readonly string[]
  readonly disabled?: boolean
  /** Bytes. */
  readonly total: number
}

/** Storages with the ids that an installation would give them, one per type. Throws an Error on an unknown type. */
export function defaultStorages(_types: readonly string[]): readonly StorageConfig[] {
  throw new Error('being built')
}
