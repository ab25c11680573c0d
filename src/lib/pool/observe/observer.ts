import pLimit from 'p-limit'
import { type CmuxError, isCmuxError } from '../../errors.js'
import { type ContainerAddress, type IndexEntry, toVmid, type Vmid } from '../../pve/client.js'
import type { PoolContext } from '../context.js'
import type { Member } from '../member.js'
import type { PoolRecord } from '../record.js'
import type { Rights } from '../rights.js'
import { INDEX_SLACK, isAsItBecameReady, startOf } from '../run-state.js'
import { type ClusterIndex, clusterIndex, signature, tagsOf } from './cluster-index.js'
import type { Templates } from './templates.js'

/** Configurations that are read at the same time. */
const READS = 8

/** A container that is none of the pool. */
export interface Foreign extends ContainerAddress {
  readonly vmid: Vmid
  readonly lock?: string
}

export interface ObserverParts {
  readonly templates: Templates
  readonly rights: Rights
  /** Whether this run works on a container: the work reads it itself, when it matters, and what the list says is old by then. */
  readonly isBusy: (vmid: number) => boolean
}

/**
 * Keeps the view: one list for the whole cluster, and a container is read only when its line says something else than what is known of
 * it. A list that fails, or cannot be right, changes nothing that is known.
 */
export class Observer {
  readonly #context: PoolContext
  readonly #templates: Templates
  readonly #rights: Rights
  readonly #isBusy: (vmid: number) => boolean
  /** Containers in our range that are none of ours, by what their lines said when that was found out. */
  readonly #foreign = new Map<number, string>()
  /** Lines that contradict what a read has just shown (they lag): not read again until one of both changes, or the lag is over. */
  readonly #settled = new Map<number, { readonly what: string; readonly until: number }>()
  /** The lines that said what was known, and of which members. */
  readonly #agreed = new Map<number, { readonly line: IndexEntry; readonly member: Member }>()
  #index: ClusterIndex | undefined
  #observedAt: number | undefined
  #askedAt: number | undefined
  #took = 0
  #reachable = false
  #trouble: string | undefined
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  constructor(context: PoolContext, { templates, rights, isBusy }: ObserverParts) {
    this.#context = context
    this.#templates = templates
    this.#rights = rights
    this.#isBusy = isBusy
  }

  /** The last list that was right. */
  get index(): ClusterIndex | undefined {
    return this.#index
  }

  /** When that list was asked for, in milliseconds since the epoch. */
  get observedAt(): number | undefined {
    return this.#observedAt
  }

  /** Milliseconds that the last list took, with what had to be read because of it. */
  get took(): number {
    return this.#took
  }

  /** Whether the last list was answered. */
  get reachable(): boolean {
    return this.#reachable
  }

  /** Why the last list was not answered; undefined when it was, and before the first. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** In our range, and none of ours. */
  get foreign(): readonly Foreign[] {
    return [...this.#foreign.keys()].flatMap((vmid) => {
      const { node, lock } = this.#index?.containers.get(vmid) ?? {}
      return node === undefined ? [] : [{ vmid: toVmid(vmid), node, ...(lock !== undefined && { lock }) }]
    })
  }

  /** Observes after this call began: callers at the same moment share one list. Rejects when the list does. */
  refresh(): Promise<void> {
    if (this.#running === undefined) return this.#begin()
    this.#next ??= this.#running.catch(() => undefined).then(() => this.#begin())
    return this.#next
  }

  /** Like `refresh`, but one that was asked for at most `age` milliseconds ago does, also when it is still on its way. */
  async refreshUnlessYounger(age: number): Promise<void> {
    const now = this.#context.clock.now()
    const isYounger = (then: number | undefined) => then !== undefined && then <= now && now - then <= age
    if (this.#running !== undefined && isYounger(this.#askedAt)) return this.#running
    if (!this.#reachable || !isYounger(this.#observedAt)) await this.refresh()
  }

  #begin(): Promise<void> {
    const { clock } = this.#context
    const [asked, began] = [clock.now(), clock.steady()]
    this.#next = undefined
    this.#askedAt = asked
    const running = this.#observe(asked).finally(() => {
      this.#took = clock.steady() - began
      if (this.#running === running) this.#running = undefined
    })
    this.#running = running
    return running
  }

  async #observe(asked: number): Promise<void> {
    const { client, view, settings } = this.#context
    const index = clusterIndex(
      await client.cluster.index().catch((error: unknown) => {
        this.#reachable = false
        this.#trouble = this.#rights.looked(error) ? undefined : error instanceof Error ? error.message : String(error)
        throw error
      }),
    )
    this.#reachable = index !== undefined
    this.#trouble = index === undefined ? 'its list of what it has was not complete' : undefined
    if (index === undefined) return
    this.#index = index
    this.#observedAt = asked
    view.learnNodes(
      index.nodes.map(({ node, online, uptime }) => ({
        node,
        online,
        ...(uptime !== undefined && uptime > 0 && { bootedAt: startOf(uptime, asked) }),
      })),
    )
    for (const vmid of this.#foreign.keys()) if (!index.containers.has(vmid)) this.#foreign.delete(vmid)

    const reads: (() => Promise<void>)[] = []
    for (const [vmid, line] of index.containers) {
      if (this.#isBusy(vmid)) continue
      const member = view.find(vmid)
      if (member !== undefined) {
        if (this.#contradicts(line, member)) reads.push(() => this.#readMember(line, member))
      } else if (vmid >= settings.vmids.start && vmid <= settings.vmids.end) {
        if (this.#foreign.get(vmid) !== signature(line)) reads.push(() => this.#readUnknown(line))
      }
    }
    for (const vmid of this.#agreed.keys()) if (!index.containers.has(vmid)) this.#agreed.delete(vmid)
    for (const member of view.all()) {
      if (!index.containers.has(member.vmid) && !this.#isBusy(member.vmid)) reads.push(() => this.#readAgain(member))
    }
    const look = new Look(index)
    const limit = pLimit(READS)
    await Promise.all(reads.map((read) => limit(() => this.#surviving(read, look))))
    if (settings.templates === undefined) for (const template of view.templates()) this.#templates.want(template)
    await this.#surviving(() => this.#templates.refresh(index), look)
    this.#rights.looked(look.refusal)
  }

  /** Whether the line says something that is not known, and that was not looked into already. */
  #contradicts(line: IndexEntry, member: Member): boolean {
    const before = this.#agreed.get(member.vmid)
    // Thousands of lines are as they were, of members that are as they were.
    if (before?.member === member && isSameLine(before.line, line) && member.record.tier.kind === 'stopped')
      return false
    const agrees =
      line.node === member.node &&
      line.lock === member.lock &&
      (line.name === undefined || line.name === member.hostname) &&
      sameTags(tagsOf(line), member.tags) &&
      this.#agreesOnRunState(line, member)
    if (!agrees) {
      this.#agreed.delete(member.vmid)
      const settled = this.#settled.get(member.vmid)
      return settled?.what !== settlement(line, member) || this.#context.clock.now() >= settled.until
    }
    this.#agreed.set(member.vmid, { line, member })
    this.#settled.delete(member.vmid)
    return false
  }

  /** What those who have a container do with it is not our business. */
  #agreesOnRunState(line: IndexEntry, { running, record }: Member): boolean {
    if (isLeftAlone(record)) return true
    const seen = runStateOf(line)
    if (running === undefined || seen === undefined) return running !== undefined
    if (record.state !== 'ready') return seen === running
    const startedAt =
      line.uptime === undefined || !seen ? {} : { startedAt: startOf(line.uptime, this.#context.clock.now()) }
    return seen === running && isAsItBecameReady(record.tier, { running: seen, ...startedAt }, INDEX_SLACK)
  }

  async #readMember(line: IndexEntry, member: Member): Promise<void> {
    const { node } = line
    if (node === undefined) return
    const address = { vmid: member.vmid, node }
    const now = await this.#readOrLook(address, member)
    if (now === undefined) return
    const until = this.#context.clock.now() + INDEX_SLACK * 1000
    this.#settled.set(now.vmid, { what: settlement(line, now), until })
  }

  /** A look at a container that is being started holds up its whole node (PVE-FACTS 3.6): nobody looks unless it matters whether it runs. */
  async #readOrLook(address: ContainerAddress, { record }: Member): Promise<Member | undefined> {
    const { records } = this.#context
    const now = isLeftAlone(record) ? await records.read(address) : undefined
    return now !== undefined && isLeftAlone(now.record) ? now : records.look(address)
  }

  async #readUnknown(line: IndexEntry): Promise<void> {
    const { vmid, node } = line
    if (vmid === undefined || node === undefined) return
    const member = await this.#context.records.look({ vmid, node })
    if (member === undefined) this.#foreign.set(vmid, signature(line))
    else this.#foreign.delete(vmid)
  }

  async #readAgain(member: Member): Promise<void> {
    await this.#context.records.read(member)
  }

  /** A container that cannot be read stays as it was known, and is tried again at the next look. */
  async #surviving(read: () => Promise<void>, look: Look): Promise<void> {
    if (look.refusal !== undefined) return
    try {
      await read()
    } catch (error) {
      this.#context.signal.throwIfAborted()
      if (!isCmuxError(error)) throw error
      if (look.refuses(error)) return
      this.#context.log({ level: 'warn', message: error.message })
    }
  }
}

/**
 * One look at the cluster. A token that has lost its privileges is shown a cluster without containers, and hears of each that it asks for
 * itself that it may not: one such answer is enough.
 */
class Look {
  readonly #index: ClusterIndex
  #refusal: CmuxError | undefined

  constructor(index: ClusterIndex) {
    this.#index = index
  }

  get refusal(): CmuxError | undefined {
    return this.#refusal
  }

  refuses(error: CmuxError): boolean {
    const whole =
      isCmuxError(error, 'unauthorised') || (isCmuxError(error, 'forbidden') && this.#index.containers.size === 0)
    if (whole) this.#refusal = error
    return whole
  }
}

/** Whether it runs is for those who have it to decide. */
const isLeftAlone = ({ state }: PoolRecord): boolean => state === 'claimed' || state === 'quarantined'

const runStateOf = ({ status }: IndexEntry): boolean | undefined =>
  status === 'running' ? true : status === 'stopped' ? false : undefined

const settlement = (line: IndexEntry, { record, digest }: Member): string =>
  `${signature(line)}|${record.generation}|${digest}`

const isSameLine = (a: IndexEntry, b: IndexEntry): boolean =>
  a.tags === b.tags && a.lock === b.lock && a.status === b.status && a.name === b.name && a.node === b.node

const sameTags = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((tag, index) => tag === b[index])
