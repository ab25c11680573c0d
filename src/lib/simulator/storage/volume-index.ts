import type { Volume, VolumeTable } from './volume.js'

/**
 * The volumes of all storages, found by id and by owner without looking at the others, and the space they take.
 * It is the only writer of its table.
 */
export class VolumeIndex {
  readonly #table: VolumeTable
  /** Keys by place, then by owner (0: none). */
  readonly #owners = new Map<string, Map<number, Set<string>>>()
  readonly #used = new Map<string, number>()
  /** How many linked clones depend on a base, by its key. */
  readonly #clones = new Map<string, number>()

  constructor(table: VolumeTable) {
    this.#table = table
    this.reindex()
  }

  /** Looks at the table anew, after its values were replaced from outside. */
  reindex(): void {
    this.#owners.clear()
    this.#used.clear()
    this.#clones.clear()
    for (const volume of this.#table.values()) this.#account(volume, 1)
  }

  find(volid: string, node: string | undefined): Volume | undefined {
    return this.#table.get(keyOf(volid, node))
  }

  /** Adds a volume or replaces the one of the same id. */
  put(volume: Volume): void {
    const key = keyOf(volume.volid, volume.node)
    const previous = this.#table.get(key)
    if (previous !== undefined) this.#account(previous, -1)
    this.#table.set(key, volume)
    this.#account(volume, 1)
  }

  remove(volume: Volume): void {
    const key = keyOf(volume.volid, volume.node)
    const stored = this.#table.get(key)
    if (stored === undefined) return
    this.#account(stored, -1)
    this.#table.delete(key)
  }

  /** Everything on a storage of a node; `node` undefined: of a shared storage. */
  *on(storage: string, node: string | undefined, vmid?: number): Iterable<Volume> {
    const owners = this.#owners.get(placeOf(storage, node))
    if (owners === undefined) return
    const sets = vmid === undefined ? owners.values() : [owners.get(vmid) ?? []]
    for (const keys of sets) {
      for (const key of keys) {
        const volume = this.#table.get(key)
        if (volume !== undefined) yield volume
      }
    }
  }

  /** Bytes taken on a storage of a node. */
  used(storage: string, node: string | undefined): number {
    return this.#used.get(placeOf(storage, node)) ?? 0
  }

  hasClones({ volid, node }: Volume): boolean {
    return (this.#clones.get(keyOf(volid, node)) ?? 0) > 0
  }

  #account(volume: Volume, sign: 1 | -1): void {
    const place = placeOf(volume.storage, volume.node)
    this.#used.set(place, (this.#used.get(place) ?? 0) + sign * volume.used)
    if (volume.base !== undefined) {
      const base = keyOf(volume.base, volume.node)
      this.#clones.set(base, (this.#clones.get(base) ?? 0) + sign)
    }
    const owners = this.#owners.get(place) ?? new Map<number, Set<string>>()
    this.#owners.set(place, owners)
    const keys = owners.get(volume.vmid ?? 0) ?? new Set<string>()
    if (sign === 1) keys.add(keyOf(volume.volid, volume.node))
    else keys.delete(keyOf(volume.volid, volume.node))
    if (keys.size === 0) owners.delete(volume.vmid ?? 0)
    else owners.set(volume.vmid ?? 0, keys)
  }
}

const keyOf = (volid: string, node: string | undefined) => `${node ?? ''}/${volid}`
const placeOf = (storage: string, node: string | undefined) => `${node ?? ''}/${storage}`
