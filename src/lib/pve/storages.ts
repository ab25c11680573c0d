import type { Api } from './api.js'
import { vmid } from './container-readers.js'
import { apiPath } from './encoding.js'
import { flag, listOf, number, object, type Reader, text, words } from './reader.js'
import { type StorageCapabilities, storageCapabilities } from './storage-capabilities.js'
import type { Vmid } from './vmid.js'

/** A storage as one node sees it. Sizes in bytes; 0 when it is not active. */
export interface StorageEntry {
  readonly storage: string
  readonly type: string
  readonly content: readonly string[]
  readonly shared: boolean
  readonly active: boolean
  readonly enabled: boolean
  readonly total: number
  readonly used: number
  readonly avail: number
}

export interface StorageVolume {
  readonly volid: string
  readonly format: string
  readonly content: string
  /** Bytes. */
  readonly size: number
  readonly used?: number
  readonly vmid?: Vmid
  /** Seconds since the epoch. */
  readonly ctime?: number
  readonly parent?: string
}

/** Storages and their volumes (PVE-FACTS 5, 6). */
export class Storages {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** The storages of a node, optionally those that can hold `content` (`rootdir`, `vztmpl`, …). */
  list(node: string, options: { readonly content?: string } = {}): Promise<readonly StorageEntry[]> {
    return this.#api.get(apiPath`/nodes/${node}/storage`, listOf(storageEntry), { query: options })
  }

  /** The volumes of a storage. */
  content(
    node: string,
    storage: string,
    options: { readonly content?: string; readonly vmid?: number } = {},
  ): Promise<readonly StorageVolume[]> {
    return this.#api.get(apiPath`/nodes/${node}/storage/${storage}/content`, listOf(volume), { query: options })
  }

  capabilities(storage: Pick<StorageEntry, 'type' | 'content'>): StorageCapabilities {
    return storageCapabilities(storage)
  }
}

const storageEntry: Reader<StorageEntry> = object((fields) => ({
  storage: fields.get('storage', text),
  type: fields.get('type', text),
  content: fields.get('content', words),
  shared: fields.get('shared', flag),
  active: fields.get('active', flag),
  enabled: fields.get('enabled', flag),
  total: fields.maybe('total', number) ?? 0,
  used: fields.maybe('used', number) ?? 0,
  avail: fields.maybe('avail', number) ?? 0,
}))

const volume: Reader<StorageVolume> = object((fields) => ({
  volid: fields.get('volid', text),
  format: fields.maybe('format', text) ?? '',
  content: fields.maybe('content', text) ?? '',
  size: fields.maybe('size', number) ?? 0,
  ...fields.optional('used', number),
  ...fields.optional('vmid', vmid),
  ...fields.optional('ctime', number),
  ...fields.optional('parent', text),
}))
