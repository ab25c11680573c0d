import { type FakeGuests, fakeGuests } from '../support/fake-guests.js'

/** The mark of somebody who has started a container that was nobody's. */
export const STRANGER = 'a stranger'

/** Guests whose file systems hold nothing but the marks that their tenants left there. */
export interface MarkedGuests extends FakeGuests {
  /** Writes a mark into a volume. */
  mark(volume: string, text: string): void
  /** Takes a mark out of a volume again. */
  unmark(volume: string, text: string): void
  /** What stands in a volume now. */
  marks(volume: string): readonly string[]
}

/** Copies, snapshots and rollbacks carry the marks as a real storage carries files. */
export function markedGuests(): MarkedGuests {
  const fake = fakeGuests()
  const content = new Map<string, readonly string[]>()
  const read = (volume: string) => content.get(volume) ?? []
  return {
    ...fake,
    mark(volume, text) {
      if (!read(volume).includes(text)) content.set(volume, [...read(volume), text])
    },
    unmark(volume, text) {
      content.set(
        volume,
        read(volume).filter((mark) => mark !== text),
      )
    },
    marks: read,
    async createVolume(volume, source) {
      await fake.createVolume(volume, source)
      content.delete(volume)
    },
    async copyVolume(from, to) {
      await fake.copyVolume(from, to)
      content.set(to, read(from.snapshot === undefined ? from.volume : snapshotKey(from.volume, from.snapshot)))
    },
    async renameVolume(from, to) {
      await fake.renameVolume(from, to)
      content.set(to, read(from))
      content.delete(from)
    },
    async deleteVolume(volume) {
      await fake.deleteVolume(volume)
      content.delete(volume)
    },
    async snapshotVolume(volume, snapshot) {
      await fake.snapshotVolume(volume, snapshot)
      content.set(snapshotKey(volume, snapshot), read(volume))
    },
    async rollbackVolume(volume, snapshot) {
      await fake.rollbackVolume(volume, snapshot)
      content.set(volume, read(snapshotKey(volume, snapshot)))
    },
    async interfaces(vmid) {
      const address = `10.0.${Math.floor(vmid / 250) % 250}.${(vmid % 250) + 1}`
      return [
        ...(await fake.interfaces(vmid)),
        {
          name: 'eth0',
          hardwareAddress: 'BC:24:11:00:00:01',
          addresses: [{ family: 'inet', address, prefix: 16 }],
        },
      ]
    },
  }
}

const snapshotKey = (volume: string, snapshot: string) => `${volume}@${snapshot}`
