import type { DiskNaming } from '../disk-name.js'
import type { StorageConfig, StorageType } from '../storage-config.js'
import type { DiskFormat, Volume, VolumeId } from '../volume.js'

export type VolumeFeature = 'snapshot' | 'clone' | 'copy' | 'template' | 'rename'

/** What a feature is asked of: the disk as it is, the disk of a template, or a snapshot of a disk. */
export type FeatureSource = 'current' | 'base' | 'snap'

/** What a storage can do, by feature: the sources for which it can (PVE-FACTS 6.1). */
type VolumeFeatures = Readonly<Record<VolumeFeature, readonly FeatureSource[]>>

/** One kind of storage, as far as containers meet it. All functions are pure: contents are the guests' business. */
export interface StoragePlugin {
  readonly type: StorageType
  readonly naming: DiskNaming
  /** The word in `unable to parse WORD volume name 'x'`. */
  readonly nameKind: 'directory' | 'lvm' | 'zfs' | 'rbd'
  /** Thick volumes take all their space at once. */
  readonly thick?: boolean
  /** Volume ids of linked clones carry their base, so that it cannot be freed before them (PVE-FACTS 6.2). */
  readonly protectsBase: boolean
  /** The format of a new disk of so many bytes. */
  diskFormat(size: number): DiskFormat
  features(format: DiskFormat): VolumeFeatures
  /** Where a volume is to be found on its node. */
  path(config: StorageConfig, name: string): string
  /** What the storage tools print (PVE-FACTS 6.2). */
  readonly output: ToolOutput
  /** Why a rollback to this snapshot is refused; undefined when it is not. */
  rollbackVeto(volume: Volume, snapshot: string): string | undefined
  /** Why this disk cannot become a base; undefined when it can. */
  baseVeto?(volume: Volume, id: VolumeId): string | undefined
  /** The tool's error when a disk of `size` bytes finds only `free` bytes. */
  full(disk: { readonly name: string; readonly path: string; readonly size: number; readonly free: number }): string
}

/** Lines of a task's log, for each thing that is done to a disk. `name` stands behind the colon of the volume id, `path` is on the node. */
export interface ToolOutput {
  created(disk: ToolDisk): readonly string[]
  renamed(from: ToolDisk, to: ToolDisk): readonly string[]
  cloned(from: ToolDisk, to: ToolDisk): readonly string[]
  removed(disk: ToolDisk, snapshots: readonly string[]): readonly string[]
  snapshotCreated(disk: ToolDisk, snapshot: string): readonly string[]
  snapshotRemoved(disk: ToolDisk, snapshot: string): readonly string[]
  rolledBack(disk: ToolDisk, snapshot: string): readonly string[]
}

export interface ToolDisk {
  readonly name: string
  readonly path: string
  /** Bytes. */
  readonly size: number
}

/** Tools that say nothing when all goes well. */
export const SILENT: ToolOutput = {
  created: () => [],
  renamed: () => [],
  cloned: () => [],
  removed: () => [],
  snapshotCreated: () => [],
  snapshotRemoved: () => [],
  rolledBack: () => [],
}
