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

const GIB = 1024 ** 3
const DISKS: readonly StorageContent[] = ['images', 'rootdir']
const FILES: readonly StorageContent[] = ['backup', 'iso', 'vztmpl']

/** `local`, which every installation has, without containers. */
const LOCAL: StorageConfig = { id: 'local', type: 'dir', content: FILES, shared: false, total: 100 * GIB }

const STORAGES: Readonly<Record<StorageType, StorageConfig>> = {
  dir: { ...LOCAL, content: [...FILES, ...DISKS] },
  lvm: { id: 'lvm', type: 'lvm', content: DISKS, shared: false, total: 1024 * GIB },
  lvmthin: { id: 'local-lvm', type: 'lvmthin', content: DISKS, shared: false, total: 1024 * GIB },
  zfspool: { id: 'local-zfs', type: 'zfspool', content: DISKS, shared: false, total: 1024 * GIB },
  btrfs: { id: 'local-btrfs', type: 'btrfs', content: [...FILES, ...DISKS], shared: false, total: 1024 * GIB },
  rbd: { id: 'ceph', type: 'rbd', content: DISKS, shared: true, total: 4096 * GIB },
  nfs: { id: 'nas', type: 'nfs', content: [...FILES, ...DISKS], shared: true, total: 4096 * GIB },
}

/** Every type of storage that a simulated node can have. */
export const STORAGE_TYPES: readonly StorageType[] = ['dir', 'lvmthin', 'zfspool', 'btrfs', 'rbd', 'nfs', 'lvm']

function isStorageType(type: string): type is StorageType {
  return Object.hasOwn(STORAGES, type)
}

/**
 * Storages with the ids that an installation would give them, one per type. `local` is always there, for OS templates;
 * it holds containers when `dir` is asked for. Throws an Error on an unknown type.
 */
export function defaultStorages(types: readonly string[]): readonly StorageConfig[] {
  const known = types.map((type) => {
    if (!isStorageType(type)) throw new Error(`unknown storage type '${type}' (known: ${STORAGE_TYPES.join(', ')})`)
    return STORAGES[type]
  })
  const others = new Set(known.filter(({ type }) => type !== 'dir'))
  return [types.includes('dir') ? STORAGES.dir : LOCAL, ...others]
}
