import { die } from '../api/api-error.js'
import type { StorageContent } from './storage-config.js'

export type DiskFormat = 'raw' | 'subvol'
export type VolumeFormat = DiskFormat | 'tzst' | 'tgz' | 'txz' | 'tbz2' | 'tar' | 'iso' | 'snippet'

interface VolumeSnapshot {
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
  /** The owner; absent for files such as OS templates. */
  readonly vmid?: number
  readonly content: StorageContent
  readonly format: VolumeFormat
  /** Bytes. */
  readonly size: number
  /** Bytes that it takes on the storage. */
  readonly used: number
  /** Seconds since the epoch. */
  readonly ctime: number
  /** Volume id of the base without which this linked clone could not be. */
  readonly base?: string
  /** Oldest first. */
  readonly snapshots: readonly VolumeSnapshot[]
}

/** The part of the engine's Table that volumes need. */
export interface VolumeTable {
  get(key: string): Volume | undefined
  set(key: string, volume: Volume): unknown
  delete(key: string): unknown
  values(): Iterable<Volume>
}

export interface VolumeId {
  readonly storage: string
  /** What stands behind the colon: `101/vm-101-disk-0.raw`. */
  readonly name: string
}

const VOLUME_ID = /^([a-z][a-z0-9\-_.]*[a-z0-9]):(.+)$/i

export const isVolumeId = (text: string): boolean => VOLUME_ID.test(text)

/** Takes `local:101/vm-101-disk-0.raw` apart. 500 `unable to parse volume ID 'x'`. */
export function parseVolumeId(volid: string): VolumeId {
  const [, storage, name] = VOLUME_ID.exec(volid) ?? []
  if (storage === undefined || name === undefined) return die(`unable to parse volume ID '${volid}'`)
  return { storage, name }
}
