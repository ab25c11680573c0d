import type { Member } from './member.js'

interface Seen {
  readonly what: string
  readonly at: number
}

/** Since when things are as they are, by this run's own observation: the clocks of other daemons may say something else. Milliseconds. */
export class Ages {
  readonly #records = new Map<number, Seen>()
  readonly #locks = new Map<number, Seen>()

  /** `now` in milliseconds since the epoch. */
  saw(member: Member, now: number): void {
    see(this.#records, member.vmid, `${member.record.generation}|${member.record.owner}|${member.node}`, now)
    this.sawLock(member.vmid, member.lock, now)
  }

  /** A container has that lock, or none. */
  sawLock(vmid: number, lock: string | undefined, now: number): void {
    see(this.#locks, vmid, lock ?? '', now)
  }

  gone(vmid: number): void {
    this.#records.delete(vmid)
    this.#locks.delete(vmid)
  }

  /** Since its record was first seen as it is. */
  ofRecord(vmid: number, now: number): number {
    return age(this.#records, vmid, now)
  }

  /** Since it was first seen with the lock that it has, or without one. */
  ofLock(vmid: number, now: number): number {
    return age(this.#locks, vmid, now)
  }
}

function see(seen: Map<number, Seen>, vmid: number, what: string, now: number): void {
  if (seen.get(vmid)?.what !== what) seen.set(vmid, { what, at: now })
}

function age(seen: ReadonlyMap<number, Seen>, vmid: number, now: number): number {
  const known = seen.get(vmid)
  return known === undefined ? 0 : Math.max(0, now - known.at)
}
