import { CmuxError, isCmuxError } from '../../errors.js'
import type { Vmid } from '../../pve/client.js'
import { isQuorumLoss } from '../../pve/errors.js'
import type { PoolContext } from '../context.js'
import type { GuestAccess } from '../guest-access.js'
import type { Member } from '../member.js'
import type { Allocation } from '../pool.js'
import type { Claim } from '../record.js'
import { claimTag } from '../record-tags.js'
import { POST_STOP } from '../run-state.js'
import type { OwnClaim } from './abandon.js'
import { injects } from './check-request.js'
import { claimContainer } from './claim.js'
import { type ClusterLook, type Tagged, UnknownHolding } from './cluster-look.js'
import type { Holdings } from './holdings.js'
import type { Line } from './line.js'
import { type Order, orAborted } from './order.js'
import { Preparation } from './preparation.js'
import { surplusClaims } from './surplus.js'

export interface HandOutParts {
  readonly line: Line
  readonly holdings: Holdings
  readonly look: ClusterLook
  readonly guests?: GuestAccess
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
/** Milliseconds that a look around for whether an instance should give up what it holds may take. */
const SURPLUS_LOOK = 1_000
/** Milliseconds after its proof in which a claim need not be looked at again: none loses its power and comes back in that time. */
const CONFIRM_AFTER = 1_000
/** At most, in milliseconds: so that two daemons that met do not meet again. */
const JITTER = 200

/** Finds, claims and prepares one container for one order. */
export class HandOut {
  readonly #context: PoolContext
  readonly #parts: HandOutParts
  readonly #preparation: Preparation
  #claims = 0

  constructor(context: PoolContext, parts: HandOutParts) {
    this.#context = context
    this.#parts = parts
    this.#preparation = new Preparation(context, parts.guests)
  }

  async serve(order: Order): Promise<Allocation> {
    const { clock } = this.#context
    const stages = { queue: 0, claim: 0, start: 0, inject: 0 }
    const progress: Progress = { tried: new Map(), supersedes: [], broken: 0, stages }
    for (;;) {
      const began = clock.now()
      const held = await this.#held(order)
      stages.claim += clock.now() - began
      if (held !== undefined) {
        const again = await this.#answerHeld(order, held, stages)
        if (again !== undefined) return again
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

  /** What the instance holds already: a retry gets the same answer, whichever daemon it asks. */
  async #held(order: Order): Promise<Member | undefined> {
    const { answered } = this.#context
    const holder = { ...order, request: order.caller.requestId }
    for (;;) {
      const held = await this.#parts.holdings.find(holder, order.signal)
      if (held === undefined || order.generated) return held
      const began = this.#context.clock.now()
      const { look } = this.#parts
      const looking = look.taggedFor(order.instanceId).then((tagged) => look.claimedBy(order.instanceId, tagged))
      const seen = (await this.#inTime(looking, began + SURPLUS_LOOK)) ?? []
      const all = [held, ...seen.filter(({ vmid }) => vmid !== held.vmid)]
      if (surplusClaims(all, (id) => answered.has(id)).every(({ member }) => member.vmid !== held.vmid)) return held
    }
  }

  /** Undefined: its claim has gone before it was answered. */
  async #answerHeld(order: Order, held: Member, stages: Progress['stages']): Promise<Allocation | undefined> {
    const { client, clock, records } = this.#context
    const began = clock.now()
    const { status } = await client.containers.status(held)
    const starts = order.start && status === 'stopped'
    // What its instance did with it is not known: if it does not start, that is told, and it stays what it is.
    if (starts && !(await this.#starts(held, order.signal))) return undefined
    // It may have ended in the very moment in which it was claimed, and its node takes the claim back.
    const hasEnded = status === 'stopped' && held.record.tier.kind === 'hot'
    if (hasEnded && !starts) await clock.sleep(POST_STOP, order.signal)
    const now = starts || hasEnded ? await records.read(held) : held
    if (now === undefined || now.record.claim?.id !== held.record.claim?.id) return undefined
    stages.start += clock.now() - began
    return this.#answer(order, now, order.start || status === 'running', true, stages)
  }

  /** False: somebody gave it back before it was started. */
  async #starts(held: Member, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#preparation.start(held, signal)
      return true
    } catch (error) {
      if (isCmuxError(error, 'changed')) return false
      throw error
    }
  }

  /** Undefined: not this one. */
  async #attempt(order: Order, member: Member, fromPool: boolean, progress: Progress): Promise<Allocation | undefined> {
    const { clock, emit } = this.#context
    const { line, holdings, look } = this.#parts
    const claim = this.#claim(order, member, progress)
    const began = clock.now()
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
      progress.stages.claim += clock.now() - began
      progress.tried.set(member.vmid, member.record.generation)
      if (outcome.kind === 'won') {
        const seen = async () => (looking === undefined ? [] : this.#rivals(order, looking, outcome.member))
        return await this.#prepare(order, outcome.member, { claim, fromPool, seen, digest: member.digest }, progress)
      }
      if (outcome.kind === 'unusable') {
        progress.supersedes.push(claim.id)
        released = holdings.giveUp(member, outcome.claim, outcome.why)
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
      generation: won.record.generation,
      digest: attempt.digest,
    }
    try {
      order.signal.throwIfAborted()
      const began = clock.now()
      const running = order.start || won.record.tier.kind === 'hot'
      if (running) await this.#preparation.run(won, order)
      stages.start += clock.now() - began
      const seen = await attempt.seen()
      if (clock.now() - began > CONFIRM_AFTER || (running && won.record.tier.kind === 'stopped'))
        await this.#confirm(won, attempt.claim)
      if (!(await holdings.settle(won, seen))) {
        await clock.sleep(random() * JITTER, order.signal)
        return undefined
      }
      if (injects(order)) {
        const injecting = clock.now()
        await this.#preparation.inject(won, order)
        own.generation = await this.#preparation.finish(won, attempt.claim)
        stages.inject += clock.now() - injecting
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
    return {
      instanceId: order.instanceId,
      id: `${owner}.${this.#claims}`,
      request: order.caller.requestId,
      at,
      readySince: record.since,
      ...(order.ttlSeconds !== undefined && { expires: Math.floor(at) + order.ttlSeconds }),
      metadata: order.metadata ?? {},
      ...(supersedes.length > 0 && { supersedes: [...supersedes] }),
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

  /** Undefined: it failed, or takes longer. */
  async #inTime<T>(looking: Promise<T>, until: number): Promise<T | undefined> {
    const { clock } = this.#context
    const done = new AbortController()
    const late = clock.sleep(Math.max(0, until - clock.now()), done.signal)
    try {
      return await Promise.race([looking.catch(() => undefined), late.then(() => undefined).catch(() => undefined)])
    } finally {
      done.abort()
    }
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
