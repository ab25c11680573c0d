import type { StorageContent } from './storage-config.js'

export type VolumeFormat = 'raw' | 'subvol' | 'tzst' | 'tgz' | 'txz' | 'tar' | 'iso' | 'snippet'

export interface VolumeSnapshot {
  readonly name: string
  /** Seconds since the epoch. */
  readonly ctime: number
}

/** One volume on a storage, as the engine's store keeps it. */
export interface Volume {
  readonly volid: string
  readonly storage: string
  /** The node that holds it; absent on shared storages. */
  readonly node?: string
  readonly vmid?: number
  readonly content: StorageContent
  readonly format: VolumeFormat
  /** Bytes. */
  readonly size: number
  /** Bytes that it takes on the storage. */
  readonly used: number
  /** Seconds since the epoch. */
  readonly ctime: number
  /** Volume id of the base that a linked clone depends on. */
  readonly base?: string
  /** Oldest first. */
  readonly snapshots: readonly VolumeSnapshot[]
}

/** The part of the engine's Table that volumes need. Values are immutable. */
export interface VolumeTable {
  get(key: string): Volume | undefined
  set(key: string, volume: Volume): unknown
  delete(key: string): unknown
  values(): Iterable<Volume>
}

/** Splits `local:101/vm-101-disk-0.raw`. Throws 500 `unable to parse volume ID 'x'`. */
export function parseVolumeId(_volid: string): { readonly storage: string; readonly name: string } {
  throw new Error('being built')
}
