import { CmuxError, isCmuxError } from '../../errors.js'
import type { Vmid } from '../../pve/client.js'
import type { PoolContext } from '../context.js'
import { leaseOf } from '../lease.js'
import type { Member } from '../member.js'
import type { RecordChange } from '../next-record.js'
import type { Claim } from '../record.js'
import { isClaimedAcrossBoot } from '../run-state.js'
import type { Supply } from '../supply.js'
import { abandon, type OwnClaim } from './abandon.js'
import type { Behind } from './behind.js'
import { surplusClaims, UNFINISHED_PATIENCE } from './surplus.js'

/** Of one request. */
export interface Holder {
  readonly instanceId: string
  readonly template: Vmid
  /** The request id. */
  readonly request: string
}

/** Claims that were ended, and are remembered: the oldest are forgotten first. */
const REMEMBERED = 10_000
/** Milliseconds between two looks at something that is in motion. */
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 1_000

/**
 * What instances hold. A claim may be taken away only by who wrote it, only while it is as they wrote it, and only before anybody was
 * answered with it. So whoever wants to answer with a claim that somebody else wrote first writes it anew (adopts it): the other one then
 * leaves it alone, and if both write at once the digest lets one of them win.
 */
export class Holdings {
  readonly #context: PoolContext
  readonly #supply: Supply
  readonly #behind: Behind
  /** Claims of ours that are being given up, by their ids. */
  readonly #ending = new Map<string, OwnClaim>()
  /** Those that this daemon has ended: the generations that their records had. Whoever takes a claim up writes a later one. */
  readonly #ended = new Map<string, number>()
  /** How many claims of ours on each container have been given up. */
  readonly #ends = new Map<Vmid, number>()

  constructor(context: PoolContext, supply: Supply, behind: Behind) {
    this.#context = context
    this.#supply = supply
    this.#behind = behind
    context.view.onChange(({ member }) => this.#endAgain(member))
  }

  /**
   * The container that an instance holds, as it is now; undefined: none that the view knows. Waits for one that another request is about to finish,
   * and while it holds two.
   * Errors: `conflict` when it is of another template; those of reading it: while it cannot be read the instance must not get a second one.
   */
  async find(holder: Holder, signal: AbortSignal): Promise<Member | undefined> {
    const { clock, records, view, answered } = this.#context
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      signal.throwIfAborted()
      const known = view.byInstance(holder.instanceId)
      const ends = known.map(({ vmid }) => this.#ends.get(vmid))
      const read = await Promise.all(known.map((member) => records.read(member)))
      // What was given up while it was read may have been read as it was before.
      if (known.some(({ vmid }, index) => this.#ends.get(vmid) !== ends[index])) continue
      // What this daemon is giving up was never answered, and was unusable or unwanted: it is not taken up again.
      const held = read
        .filter((member) => member !== undefined)
        .filter((member) => isHeldBy(member, holder) && !this.#isGivenUp(member))
      const surplus = surplusClaims(held, (id) => answered.has(id))
      const member = held.find((one) => !surplus.some(({ member }) => member === one))
      if (member === undefined) return undefined
      // Which of two it was answered with is settled first, by whoever knows.
      if (surplus.every(({ isCertain }) => isCertain)) {
        checkTemplate(member, holder)
        const taken = await this.#take(member, holder)
        if (taken !== undefined) return taken
      }
      await clock.sleep(pause, signal)
    }
  }

  /**
   * Two daemons that are asked for one instance at the same time may each claim a container. Everybody writes first and looks around
   * afterwards, so that at least one of them sees the other; who sees one gives its own up, which nobody was answered with. Answers
   * whether `mine`, which this request has just claimed, can be answered with; otherwise start over: `find` knows what was seen.
   */
  async settle(mine: Member, seen: readonly Member[]): Promise<boolean> {
    const givenUp = mine.record.claim?.supersedes ?? []
    // What this very request gave up may have come into being after all: `giveUp` is after it.
    const { owner } = this.#context
    const rivals = seen.filter(
      ({ vmid, record }) => vmid !== mine.vmid && !(record.owner === owner && givenUp.includes(record.claim?.id ?? '')),
    )
    if (rivals.length === 0) return true
    const now = await this.#context.records.read(mine)
    if (now?.record.generation !== mine.record.generation) return false
    const released = await this.#change(now, { state: 'releasing' })
    if (released !== undefined && mine.record.claim !== undefined)
      this.#remember(mine.record.claim.id, mine.record.generation)
    return false
  }

  /** Gives up a claim of ours that nobody was answered with, behind the caller's back. Resolves when that is settled for good. */
  giveUp(member: Member, claim: OwnClaim, why: string, change?: RecordChange): Promise<void> {
    const { vmid, node } = member
    const message = `container ${vmid} is given up: ${why}`
    this.#context.log({ level: 'info', message, vmid, node, claimId: claim.id })
    this.#ending.set(claim.id, claim)
    const attempt = async () => {
      const end = await abandon(this.#context, this.#supply, member, claim, change)
      if (end === 'ended') this.#remember(claim.id, claim.generation)
      return end !== 'again'
    }
    return this.#behind.begin(`giving up container ${vmid}`, attempt).finally(() => {
      this.#ending.delete(claim.id)
      this.#ends.set(vmid, (this.#ends.get(vmid) ?? 0) + 1)
    })
  }

  /** The ids of the claims of an instance that are being given up: as long as their containers are locked, they stand. */
  beingEnded(instanceId: string): readonly string[] {
    return [...this.#ending.values()].filter((claim) => claim.instanceId === instanceId).map(({ id }) => id)
  }

  /** A claim that was ended stands again: a power cut has taken that back, and nobody but this daemon can know of it. */
  #endAgain(member: Member | undefined): void {
    if (member?.record.state !== 'claimed' || !this.#isGivenUp(member)) return
    const { record, digest } = member
    const { claim, generation } = record
    if (claim === undefined || this.#ending.has(claim.id)) return
    const { id, instanceId } = claim
    void this.giveUp(member, { id, instanceId, generation, digest }, 'it is claimed again as it was')
  }

  #remember(claimId: string, generation: number): void {
    this.#ended.set(claimId, generation)
    const [oldest] = this.#ended.keys()
    if (this.#ended.size > REMEMBERED && oldest !== undefined) this.#ended.delete(oldest)
  }

  /** Unless somebody has taken it up in the meantime: then it stays. */
  #isGivenUp(member: Member): boolean {
    const { owner, claim, generation } = member.record
    if (owner !== this.#context.owner || claim === undefined) return false
    return (this.#ending.get(claim.id)?.generation ?? this.#ended.get(claim.id)) === generation
  }

  /** Makes sure that a claim stays when it is answered with. Undefined: it is no longer as it was read, not finished, or its lease has ended. */
  async #take(member: Member, { request }: Holder): Promise<Member | undefined> {
    const { owner, clock } = this.#context
    const { claim } = member.record
    if (claim === undefined) return undefined
    const lease = leaseOf(claim, clock.now())
    const abandoned = claim.unfinished && clock.now() - claim.at * 1000 > UNFINISHED_PATIENCE
    if (lease === 'over' || abandoned) await this.#change(member, { state: 'releasing' })
    if (lease !== 'running' || claim.unfinished) return undefined
    // Nobody else would give it up, and this daemon has answered with it.
    if (member.record.owner === owner) return member
    if (await this.#isUnproved(member, claim)) {
      await this.#change(member, { state: 'releasing' })
      return undefined
    }
    return this.#change(member, { state: 'claimed', claim: { ...claim, request } })
  }

  /** Whoever claimed it died before he could see that it had become ready before a boot, and has answered nobody. */
  async #isUnproved({ node }: Member, { at, readySince }: Claim): Promise<boolean> {
    if (readySince === undefined) return false
    const bootedAt = await this.#context.boots.bootedAt(node)
    return bootedAt !== undefined && isClaimedAcrossBoot(readySince, at, bootedAt)
  }

  /** Undefined: somebody was faster, before or just after; or somebody's lock (a backup, a snapshot) lets nobody write. */
  async #change(member: Member, change: RecordChange): Promise<Member | undefined> {
    try {
      const changed = await this.#context.records.change(member, change)
      if (changed?.record.state === 'releasing') this.#supply.recycle(changed)
      return changed
    } catch (error) {
      if (!isCmuxError(error, 'changed', 'locked')) throw error
      if (error.code === 'locked') this.#context.emit({ kind: 'lock-met', vmid: member.vmid, word: error.message })
      return undefined
    }
  }
}

const isHeldBy = ({ record }: Member, { instanceId }: Holder): boolean =>
  record.state === 'claimed' && record.claim?.instanceId === instanceId

function checkTemplate({ record, vmid }: Member, { instanceId, template }: Holder): void {
  if (record.template === template) return
  throw new CmuxError(
    'conflict',
    `instance ${instanceId} holds container ${vmid} of template ${record.template}, not of ${template}`,
    { hint: `Release it first (cmux-pve pool release ${vmid}), or choose another instance id.` },
  )
}
