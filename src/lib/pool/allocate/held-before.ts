import { isCmuxError } from '../../errors.js'
import type { PoolContext } from '../context.js'
import type { Member } from '../member.js'
import { POST_STOP } from '../run-state.js'
import type { ClusterLook } from './cluster-look.js'
import type { Holdings } from './holdings.js'
import { type Order, orLate } from './order.js'
import type { Preparation } from './preparation.js'
import { notStarted } from './refusals.js'
import { surplusClaims } from './surplus.js'

/** Milliseconds that a look around for whether an instance should give up what it holds may take. */
const SURPLUS_LOOK = 1_000

export interface HeldBeforeParts {
  readonly holdings: Holdings
  readonly look: ClusterLook
  readonly preparation: Preparation
}

interface Ready {
  readonly member: Member
  readonly running: boolean
}

/** What instances held before they asked: a retry gets the same answer, whichever daemon it asks. */
export class HeldBefore {
  readonly #context: PoolContext
  readonly #parts: HeldBeforeParts
  readonly #pending = new Map<string, Member>()

  constructor(context: PoolContext, parts: HeldBeforeParts) {
    this.#context = context
    this.#parts = parts
  }

  /** The container that an instance had before, and that is being made ready for it. */
  pending(instanceId: string): Member | undefined {
    return this.#pending.get(instanceId)
  }

  async find(order: Order): Promise<Member | undefined> {
    const { answered, clock } = this.#context
    const { holdings, look } = this.#parts
    const holder = { ...order, request: order.caller.requestId }
    for (;;) {
      const held = await holdings.find(holder, order.signal)
      if (held === undefined || order.generated) return held
      const looking = look.taggedFor(order.instanceId).then((tagged) => look.claimedBy(order.instanceId, tagged))
      const seen = (await orLate(looking, clock, SURPLUS_LOOK)) ?? []
      const all = [held, ...seen.filter(({ vmid }) => vmid !== held.vmid)]
      if (surplusClaims(all, (id) => answered.has(id)).every(({ member }) => member.vmid !== held.vmid)) return held
    }
  }

  /** What can be answered: started, if that was asked for. Undefined: its claim has gone before that. */
  async ready(order: Order, held: Member): Promise<Ready | undefined> {
    this.#pending.set(order.instanceId, held)
    try {
      return await this.#madeReady(order, held)
    } finally {
      this.#pending.delete(order.instanceId)
    }
  }

  async #madeReady(order: Order, held: Member): Promise<Ready | undefined> {
    const { client, clock, records } = this.#context
    const { status } = await client.containers.status(held)
    const starts = order.start && status === 'stopped'
    // What its instance did with it is not known: if it does not start, that is told, and it stays what it is.
    if (starts && !(await this.#start(order, held))) return undefined
    // It may have ended in the very moment in which it was claimed, and its node takes the claim back.
    const hasEnded = status === 'stopped' && held.record.tier.kind === 'hot'
    if (hasEnded && !starts) await clock.sleep(POST_STOP, order.signal)
    const now = starts || hasEnded ? await records.read(held) : held
    if (now === undefined || now.record.claim?.id !== held.record.claim?.id) return undefined
    return { member: now, running: order.start || status === 'running' }
  }

  /** False: somebody gave it back before it was started. */
  async #start({ signal, instanceId }: Order, held: Member): Promise<boolean> {
    try {
      await this.#parts.preparation.start(held, signal)
      return true
    } catch (error) {
      if (isCmuxError(error, 'changed')) return false
      if (isCmuxError(error, 'task-failed', 'failed')) throw notStarted(held, instanceId, error)
      throw error
    }
  }
}
