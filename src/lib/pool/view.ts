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
  #nodes: ReadonlyMap<string, NodeState> = new Map()
  readonly #listeners = new Set<(change: Change) => void>()

  /** Those of a template that can be handed out, as far as is known: hot ones first, then the oldest. */
  candidates(template: Vmid): readonly Member[] {
    return [...this.#members.values()]
      .filter((member) => member.record.template === template && this.isCandidate(member))
      .toSorted((a, b) => heat(b) - heat(a) || a.record.since - b.record.since || a.vmid - b.vmid)
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
  dirt({ record, running, startedAt, node }: Member): string | undefined {
    if (isOlderThanBoot(record.since, this.#nodes.get(node)?.bootedAt))
      return 'its node has booted since it became ready'
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

const heat = ({ record }: Member): number => (record.tier.kind === 'hot' ? 1 : 0)
