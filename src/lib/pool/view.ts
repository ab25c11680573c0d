import type { Vmid } from '../pve/client.js'
import type { Member } from './member.js'

/** What became known: `member` absent means gone, or none of ours any more. */
export interface Change {
  readonly vmid: Vmid
  readonly before?: Member
  readonly member?: Member
}

/**
 * The members of the pool as they were seen last: by the observer, and by every read and write of this daemon, which is told here at
 * once. Nothing is decided by it alone: a write names the digest of what was seen, so that a stale view costs an attempt and no harm.
 */
export class View {
  readonly #members = new Map<number, Member>()
  readonly #listeners = new Set<(change: Change) => void>()

  /** Those of a template that can be handed out, as far as is known: hot ones first, then the oldest. */
  candidates(template: Vmid): readonly Member[] {
    return [...this.#members.values()]
      .filter((member) => member.record.template === template && isCandidate(member))
      .toSorted((a, b) => heat(b) - heat(a) || a.record.since - b.record.since || a.vmid - b.vmid)
  }

  find(vmid: number): Member | undefined {
    return this.#members.get(vmid)
  }

  /** Those claimed by an instance: more than one only for a moment, when two daemons were asked at once. */
  byInstance(instanceId: string): readonly Member[] {
    return [...this.#members.values()].filter(({ record }) => record.claim?.instanceId === instanceId)
  }

  all(): readonly Member[] {
    return [...this.#members.values()]
  }

  /** What a read or a write has shown. A generation older than the known one is late news and is dropped. */
  learn(member: Member): void {
    const before = this.#members.get(member.vmid)
    if (before !== undefined && before.record.generation > member.record.generation) return
    this.#members.set(member.vmid, member)
    this.#tell({ vmid: member.vmid, ...(before !== undefined && { before }), member })
  }

  /** It is gone, or it is none of ours any more. */
  forget(vmid: Vmid): void {
    const before = this.#members.get(vmid)
    if (before === undefined) return
    this.#members.delete(vmid)
    this.#tell({ vmid, before })
  }

  /** Hears of every change; returns a function that stops the calls. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change)
  }
}

/** Ready, not locked, and in the run state in which it became ready (unless that is not known). */
export function isCandidate({ record, lock, running }: Member): boolean {
  if (record.state !== 'ready' || lock !== undefined) return false
  return running === undefined || running === (record.tier.kind === 'hot')
}

const heat = ({ record }: Member): number => (record.tier.kind === 'hot' ? 1 : 0)
