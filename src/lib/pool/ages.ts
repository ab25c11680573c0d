import type { Member } from './member.js'

interface Seen {
  readonly mark: string
  readonly at: number
}

/** Since when each container is as it is, by this run's own clock: those of other daemons may say something else. */
export class Ages {
  readonly #seen = new Map<number, Seen>()

  /** `now` in milliseconds since the epoch. */
  saw(member: Member, now: number): void {
    const mark = `${member.record.generation}|${member.record.owner}|${member.lock ?? ''}|${member.node}`
    if (this.#seen.get(member.vmid)?.mark !== mark) this.#seen.set(member.vmid, { mark, at: now })
  }

  gone(vmid: number): void {
    this.#seen.delete(vmid)
  }

  /** Milliseconds. */
  unchangedFor(vmid: number, now: number): number {
    const seen = this.#seen.get(vmid)
    return seen === undefined ? 0 : Math.max(0, now - seen.at)
  }
}
