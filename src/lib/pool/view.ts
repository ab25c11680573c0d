import type { Vmid } from '../pve/client.js'
import type { Member } from './member.js'
import { isAsItBecameReady, isOlderThanBoot } from './run-state.js'

/** What a candidate's node must be known for. */
export interface NodeState {
  readonly node: string
  readonly online: boolean
  /** Seconds since the epoch; absent: the token may not see it (Sys.Audit). */
  readonly bootedAt?: number
}

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
  readonly #byTemplate = new Map<Vmid, Map<number, Member>>()
  readonly #byInstance = new Map<string, Map<number, Member>>()
  readonly #asOf = new Map<number, number>()
  #moments = 0
  #nodes: ReadonlyMap<string, NodeState> = new Map()
  readonly #listeners = new Set<(change: Change) => void>()

  /** Those of a template that can be handed out, as far as is known: hot ones first, then the oldest. */
  candidates(template: Vmid): readonly Member[] {
    return [...this.of(template)]
      .filter((member) => this.isCandidate(member))
      .toSorted((a, b) => heat(b) - heat(a) || a.record.since - b.record.since || a.vmid - b.vmid)
  }

  /** All of a template. */
  of(template: Vmid): Iterable<Member> {
    return this.#byTemplate.get(template)?.values() ?? []
  }

  /** The templates that there are members of. */
  templates(): readonly Vmid[] {
    return [...this.#byTemplate.keys()]
  }

  /** Whether it can be handed out: ready, not locked, as it became ready, on a node that is there and has not booted since. */
  isCandidate(member: Member): boolean {
    const { record, lock } = member
    return (
      record.state === 'ready' &&
      lock === undefined &&
      this.#nodes.get(member.node)?.online !== false &&
      this.dirt(member) === undefined
    )
  }

  /** Why a ready container must not be handed out as it is, in words; undefined: nothing speaks against it. */
  dirt(member: Member): string | undefined {
    const { record, running, startedAt } = member
    if (this.isOlderThanBoot(member)) return 'its node has booted since it became ready'
    if (running === undefined) return undefined
    if (isAsItBecameReady(record.tier, { running, ...(startedAt !== undefined && { startedAt }) })) return undefined
    return record.tier.kind === 'stopped'
      ? 'it runs, although nobody was given it'
      : running
        ? 'it was started anew after it became ready'
        : 'it has stopped since it became ready'
  }

  /** What the last list said about the nodes. */
  learnNodes(nodes: readonly NodeState[]): void {
    this.#nodes = new Map(nodes.map((node) => [node.node, node]))
  }

  /** Whether its record may be an earlier one than somebody has written: its node has booted since. */
  isOlderThanBoot({ record, node }: Member): boolean {
    return isOlderThanBoot(record.since, this.bootOf(node))
  }

  /** Seconds since the epoch; undefined: not known. */
  bootOf(node: string): number | undefined {
    return this.#nodes.get(node)?.bootedAt
  }

  find(vmid: number): Member | undefined {
    return this.#members.get(vmid)
  }

  /** Those claimed by an instance: more than one only for a moment, when two daemons were asked at once. */
  byInstance(instanceId: string): readonly Member[] {
    return [...(this.#byInstance.get(instanceId)?.values() ?? [])]
  }

  all(): readonly Member[] {
    return [...this.#members.values()]
  }

  /** Marks a moment: what a read that begins now will show is as of then. */
  moment(): number {
    return ++this.#moments
  }

  /** What a read or a write has shown, as of the moment when the read began. What was learned later stays: this is late news then. */
  learn(member: Member, asOf = this.moment()): void {
    const { vmid, record } = member
    if (asOf < (this.#asOf.get(vmid) ?? 0)) return
    this.#asOf.set(vmid, asOf)
    const before = this.#members.get(vmid)
    if (before !== undefined) this.#drop(before)
    this.#members.set(vmid, member)
    group(this.#byTemplate, record.template).set(vmid, member)
    if (record.claim !== undefined) group(this.#byInstance, record.claim.instanceId).set(vmid, member)
    this.#tell({ vmid, ...(before !== undefined && { before }), member })
  }

  /** It is gone, or it is none of ours any more. */
  forget(vmid: Vmid, asOf = this.moment()): void {
    const before = this.#members.get(vmid)
    if (before === undefined || asOf < (this.#asOf.get(vmid) ?? 0)) return
    this.#asOf.set(vmid, asOf)
    this.#drop(before)
    this.#tell({ vmid, before })
  }

  /** Hears of every change; returns a function that stops the calls. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #drop(member: Member): void {
    this.#members.delete(member.vmid)
    ungroup(this.#byTemplate, member.record.template, member.vmid)
    if (member.record.claim !== undefined) ungroup(this.#byInstance, member.record.claim.instanceId, member.vmid)
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change)
  }
}

const heat = ({ record }: Member): number => (record.tier.kind === 'hot' ? 1 : 0)

function group<K>(groups: Map<K, Map<number, Member>>, key: K): Map<number, Member> {
  const known = groups.get(key)
  if (known !== undefined) return known
  const made = new Map<number, Member>()
  groups.set(key, made)
  return made
}

function ungroup<K>(groups: Map<K, Map<number, Member>>, key: K, vmid: number): void {
  const known = groups.get(key)
  known?.delete(vmid)
  if (known?.size === 0) groups.delete(key)
}
