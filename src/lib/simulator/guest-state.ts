import type { Clock } from '../clock.js'
import type { GuestRuntime, VolumeId } from './guest/guest-runtime.js'
import type { VolumeRuntime } from './storage/storages.js'
import type { Store, Table } from './store.js'

/** What was done to the content of volumes, so that it can be done again. */
type VolumeOperation =
  | readonly ['create', VolumeId, { readonly osTemplate: string } | 'empty']
  | readonly ['copy', { readonly volume: VolumeId; readonly snapshot?: string }, VolumeId]
  | readonly ['rename', VolumeId, VolumeId]
  | readonly ['delete', VolumeId]
  | readonly ['snapshot' | 'rollback' | 'delete-snapshot', VolumeId, string]

interface Image {
  /** The last operation that is in it. */
  readonly operation: number
  readonly guests: unknown
}

/** A whole image is written no more often than this, and when so many operations have come together. */
const SAVE_INTERVAL_MS = 30_000
const OPERATIONS_LIMIT = 5000

/**
 * Keeps the content of volumes in the store, for guests that have no disk of their own: now and then an image of everything, and
 * every operation on volumes since then. What programs wrote into files after the last image is lost by a kill -9, as what was not
 * synced is by a power cut.
 */
export class GuestState {
  readonly #guests: GuestRuntime
  readonly #clock: Clock
  readonly #operations: Table<VolumeOperation>
  readonly #image: Table<Image>
  #number = 0
  #savedAt: number

  constructor(store: Store, guests: GuestRuntime, clock: Clock) {
    this.#guests = guests
    this.#clock = clock
    this.#operations = store.table('guest-operations')
    this.#image = store.table('guest-image')
    this.#savedAt = clock.now()
  }

  /** Gives the guests back what they had. */
  async restore(): Promise<void> {
    const image = this.#image.get('image')
    if (image !== undefined) this.#guests.load?.(image.guests)
    this.#number = image?.operation ?? 0
    for (const [key, operation] of this.#operations.entries()) {
      if (Number(key) <= this.#number) continue
      this.#number = Number(key)
      await repeat(this.#guests, operation)
    }
  }

  /** The guests' volumes, with every operation remembered. */
  volumes(): VolumeRuntime {
    const guests = this.#guests
    const remembered = async (operation: VolumeOperation) => {
      await repeat(guests, operation)
      this.#remember(operation)
    }
    return {
      createVolume: (volume, source) => remembered(['create', volume, source]),
      copyVolume: (from, to) => remembered(['copy', from, to]),
      renameVolume: (from, to) => remembered(['rename', from, to]),
      deleteVolume: (volume) => remembered(['delete', volume]),
      snapshotVolume: (volume, snapshot) => remembered(['snapshot', volume, snapshot]),
      rollbackVolume: (volume, snapshot) => remembered(['rollback', volume, snapshot]),
      deleteVolumeSnapshot: (volume, snapshot) => remembered(['delete-snapshot', volume, snapshot]),
    }
  }

  /** Files may have changed: a container has ended. */
  changed(): void {
    if (this.#clock.now() - this.#savedAt >= SAVE_INTERVAL_MS) this.save()
  }

  /** Writes an image of everything. */
  save(): void {
    if (this.#guests.save === undefined) return
    this.#savedAt = this.#clock.now()
    this.#image.set('image', { operation: this.#number, guests: this.#guests.save() })
    for (const number of [...this.#operations.keys()]) this.#operations.delete(number)
  }

  #remember(operation: VolumeOperation): void {
    if (this.#guests.save === undefined) return
    this.#operations.set(String(++this.#number), operation)
    if (this.#operations.size > OPERATIONS_LIMIT) this.save()
  }
}

function repeat(guests: VolumeRuntime, operation: VolumeOperation): Promise<void> {
  switch (operation[0]) {
    case 'create':
      return guests.createVolume(operation[1], operation[2])
    case 'copy':
      return guests.copyVolume(operation[1], operation[2])
    case 'rename':
      return guests.renameVolume(operation[1], operation[2])
    case 'delete':
      return guests.deleteVolume(operation[1])
    case 'snapshot':
      return guests.snapshotVolume(operation[1], operation[2])
    case 'rollback':
      return guests.rollbackVolume(operation[1], operation[2])
    case 'delete-snapshot':
      return guests.deleteVolumeSnapshot(operation[1], operation[2])
  }
}
