import { CmuxError, isCmuxError } from '../../errors.js'
import type { Vmid } from '../../pve/client.js'
import { isQuorumLoss } from '../../pve/errors.js'
import type { PoolContext } from '../context.js'
import type { Member } from '../member.js'
import type { Allocation } from '../pool.js'
import type { Claim } from '../record.js'
import { claimTag } from '../record-tags.js'
import type { OwnClaim } from './abandon.js'
import { injects } from './check-request.js'
import { claimContainer } from './claim.js'
import { type ClusterLook, type Tagged, UnknownHolding } from './cluster-look.js'
import type { HeldBefore } from './held-before.js'
import type { Holdings } from './holdings.js'
import type { Line } from './line.js'
import { type Order, orAborted, orLate } from './order.js'
import type { Preparation } from './preparation.js'

export interface HandOutParts {
  readonly line: Line
  readonly holdings: Holdings
  readonly look: ClusterLook
  readonly before: HeldBefore
  readonly preparation: Preparation
}

/** What one request has met so far. */
interface Progress {
  /** Tried in vain, by VMID: the generation that was tried. */
  readonly tried: Map<Vmid, number>
  /** Claims that were given up. */
  readonly supersedes: string[]
  broken: number
  readonly stages: { queue: number; claim: number; start: number; inject: number }
}

/** After that many containers that did not start, it is not the containers. */
const BROKEN = 3
/** Milliseconds after its proof in which a claim need not be looked at again: none loses its power and comes back in that time. */
const CONFIRM_AFTER = 1_000
/** Milliseconds for which a claim that is given up is waited for: before that, its container counts as in use, not as one that will be ready. */
const UNTIL_RELEASED = 500
/** At most, in milliseconds: so that two daemons that met do not meet again. */
const JITTER = 200

/** Finds, claims and prepares one container for one order. */
export class HandOut {
  readonly #context: PoolContext
  readonly #parts: HandOutParts
  #claims = 0

  constructor(context: PoolContext, parts: HandOutParts) {
    this.#context = context
    this.#parts = parts
  }

  async serve(order: Order): Promise<Allocation> {
    const { clock } = this.#context
    const stages = { queue: 0, claim: 0, start: 0, inject: 0 }
    const progress: Progress = { tried: new Map(), supersedes: [], broken: 0, stages }
    for (;;) {
      const began = clock.steady()
      const held = await this.#parts.before.find(order)
      const found = clock.steady()
      stages.claim += found - began
      if (held !== undefined) {
        const again = await this.#parts.before.ready(order, held)
        stages.start += clock.steady() - found
        order.signal.throwIfAborted()
        if (again !== undefined) return this.#answer(order, again.member, again.running, true, stages)
        continue
      }
      const { member, waited } = await this.#parts.line.take({
        ...order,
        client: order.caller.client,
        usable: ({ vmid, record }) => progress.tried.get(vmid) !== record.generation,
      })
      stages.queue += waited
      if (waited > 0 && this.#context.view.byInstance(order.instanceId).length > 0) {
        // While it waited, another daemon was asked for the same instance.
        this.#parts.line.free(member)
        continue
      }
      const allocation = await this.#attempt(order, member, waited === 0, progress)
      if (allocation !== undefined) return allocation
    }
  }

  /** Undefined: not this one. */
  async #attempt(order: Order, member: Member, fromPool: boolean, progress: Progress): Promise<Allocation | undefined> {
    const { clock, emit } = this.#context
    const { line, holdings, look } = this.#parts
    const claim = this.#claim(order, member, progress)
    const began = clock.steady()
    let looking: Promise<readonly Tagged[]> | undefined
    const onClaimed = () => {
      if (order.generated) return
      looking = look.taggedFor(order.instanceId)
      looking.catch(() => undefined)
    }
    let released = Promise.resolve()
    try {
      const outcome = await claimContainer(this.#context, member, claim, {
        signal: order.signal,
        onClaimed,
      })
      progress.stages.claim += clock.steady() - began
      progress.tried.set(member.vmid, member.record.generation)
      if (outcome.kind === 'won') {
        const seen = async () => (looking === undefined ? [] : this.#rivals(order, looking, outcome.member))
        return await this.#prepare(order, outcome.member, { claim, fromPool, seen, digest: member.digest }, progress)
      }
      if (outcome.kind === 'unusable') {
        progress.supersedes.push(claim.id)
        released = holdings.giveUp(member, outcome.claim, outcome.why)
        await orLate(released, clock, UNTIL_RELEASED)
      }
      emit({ kind: 'retry', what: 'claim' })
      return undefined
    } finally {
      void released.then(() => line.free(member))
    }
  }

  /** From the claim to the answer. Whatever goes wrong, the container is not handed out and not left behind. */
  async #prepare(order: Order, won: Member, attempt: Attempt, progress: Progress): Promise<Allocation | undefined> {
    const { clock, random } = this.#context
    const { holdings } = this.#parts
    const { stages } = progress
    const own: { -readonly [K in keyof OwnClaim]: OwnClaim[K] } = {
      id: attempt.claim.id,
      instanceId: attempt.claim.instanceId,
      generation: won.record.generation,
      digest: attempt.digest,
    }
    try {
      order.signal.throwIfAborted()
      const began = clock.steady()
      const running = order.start || won.record.tier.kind === 'hot'
      if (running) await this.#parts.preparation.run(won, order)
      stages.start += clock.steady() - began
      const seen = await attempt.seen()
      if (clock.steady() - began > CONFIRM_AFTER || (running && won.record.tier.kind === 'stopped'))
        await this.#confirm(won, attempt.claim)
      if (!(await holdings.settle(won, seen))) {
        await clock.sleep(random() * JITTER, order.signal)
        return undefined
      }
      if (injects(order)) {
        const injecting = clock.steady()
        await this.#parts.preparation.inject(won, order)
        own.generation = await this.#parts.preparation.finish(won, attempt.claim)
        stages.inject += clock.steady() - injecting
      }
      order.signal.throwIfAborted()
      return this.#answer(order, won, running, attempt.fromPool, stages)
    } catch (error) {
      if (order.signal.aborted || !isCmuxError(error) || isNobodysFault(error)) {
        void holdings.giveUp(won, own, error instanceof Error ? error.message : 'the caller has left')
        throw error
      }
      progress.supersedes.push(own.id)
      const reason = error.message
      void holdings.giveUp(
        won,
        own,
        reason,
        isSilence(error) ? { state: 'releasing' } : { state: 'quarantined', reason },
      )
      progress.broken++
      if (progress.broken >= BROKEN) throw error
      return undefined
    }
  }

  /** A start, or a list that is late, takes long enough for a power cut, which may forget the claim: what it says is what the caller will rely on. */
  async #confirm(won: Member, claim: Claim): Promise<void> {
    const now = await this.#context.records.read(won)
    if (now?.record.claim?.id === claim.id) return
    throw new CmuxError('changed', `container ${won.vmid} is no longer claimed by ${claim.instanceId}, as it was`)
  }

  #claim(order: Order, { record }: Member, { supersedes }: Progress): Claim {
    const { clock, owner } = this.#context
    const at = clock.now() / 1000
    this.#claims++
    // What an earlier request of this daemon is still giving up is no rival either.
    const givenUp = [...new Set([...supersedes, ...this.#parts.holdings.beingEnded(order.instanceId)])]
    return {
      instanceId: order.instanceId,
      id: `${owner}.${this.#claims}`,
      request: order.caller.requestId,
      at,
      readySince: record.since,
      ...(order.ttlSeconds !== undefined && { expires: Math.floor(at) + order.ttlSeconds }),
      metadata: order.metadata ?? {},
      ...(givenUp.length > 0 && { supersedes: givenUp }),
      ...(injects(order) && { unfinished: true }),
    }
  }

  /**
   * What else the instance holds, by its tags. Rejects with UnknownHolding while that cannot be found out; of what this request itself gave up, only what
   * can be read counts: somebody may have taken it up.
   */
  async #rivals(
    order: Order,
    looking: Promise<readonly Tagged[]>,
    { vmid: mine, record }: Member,
  ): Promise<readonly Member[]> {
    const { instanceId, signal } = order
    const tagged = await orAborted(looking, signal)
    const givenUp = (record.claim?.supersedes ?? []).map((id) => claimTag({ instanceId, id }))
    const others = tagged.filter(({ vmid }) => vmid !== mine)
    const isGivenUp = ({ tags }: Tagged) => givenUp.some((tag) => tags.includes(tag))
    const { look } = this.#parts
    const rivals = others.filter((one) => !isGivenUp(one))
    const left = others.filter(isGivenUp).map((one) => look.claimedBy(instanceId, [one]).catch(() => []))
    if (others.length === 0) return []
    return (await orAborted(Promise.all([look.claimedBy(instanceId, rivals), ...left]), signal)).flat()
  }

  #answer(order: Order, member: Member, running: boolean, fromPool: boolean, stages: Progress['stages']): Allocation {
    const { vmid, node, record } = member
    const allocation: Allocation = {
      vmid,
      node,
      hostname: order.instanceId,
      instanceId: order.instanceId,
      template: record.template,
      fromPool,
      tier: record.tier.kind,
      status: running ? 'running' : 'stopped',
      claimId: record.claim?.id ?? '',
      ...(record.claim?.expires !== undefined && { expires: record.claim.expires }),
      stages,
    }
    this.#context.answered.add(allocation.claimId)
    this.#context.emit({ kind: 'allocated', allocation, requestId: order.caller.requestId })
    return allocation
  }
}

interface Attempt {
  readonly claim: Claim
  readonly fromPool: boolean
  /** What else the instance holds, as far as a look around has shown in time. */
  readonly seen: () => Promise<readonly Member[]>
  /** Of the configuration that the claim was bound to. */
  readonly digest: string
}

/** The next container would fare no better. */
const isNobodysFault = (error: CmuxError): boolean =>
  error instanceof UnknownHolding ||
  isCmuxError(error, 'forbidden', 'unauthorised', 'untrusted', 'not-configured', 'draining', 'invalid') ||
  isQuorumLoss(error)

/** Its node does not answer: that says nothing about the container. */
const isSilence = (error: CmuxError): boolean => isCmuxError(error, 'unavailable', 'timeout', 'changed')
