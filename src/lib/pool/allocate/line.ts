import type { CmuxError } from '../../errors.js'
import type { Vmid } from '../../pve/client.js'
import type { PoolClock } from '../cluster-clock.js'
import type { Member } from '../member.js'
import type { Outlook, Supply } from '../supply.js'
import type { View } from '../view.js'
import { FairQueue, type Place } from './fair-queue.js'
import { preferred, type Wish } from './rank.js'
import { draining, exhausted, hopes, lineIsFull, type Standing, tooLate } from './refusals.js'

/** Somebody who wants a container. */
export interface Ask extends Wish {
  readonly template: Vmid
  /** Whom fairness counts by. */
  readonly client: string
  /** Milliseconds since the epoch: until when the caller waits. */
  readonly deadline: number
  /** Of the caller who left, and of the deadline: out of the line at once. */
  readonly signal: AbortSignal
  /** False for those that this caller tried in vain. */
  readonly usable: (member: Member) => boolean
}

export interface LineOptions {
  readonly view: View
  readonly clock: PoolClock
  readonly supply: Supply
  /** Aborted when the pool closes. */
  readonly signal: AbortSignal
  /** How many may wait. */
  readonly limit?: number
}

interface Waiter {
  readonly ask: Ask
  readonly serve: (member: Member) => void
  readonly refuse: (error: unknown) => void
  /** Found without hope at the last review. */
  hopeless: boolean
}

const LIMIT = 1_000
/** Milliseconds between two looks at whether there is hope for those who wait. */
const REVIEW = 1_000

/**
 * Gives ready containers to those who ask, each to one at a time, and lets the others wait in a bounded line: first come, first served, with
 * rounds among clients. Whoever leaves, is refused or too late is out of it at once. It knows nothing of Proxmox.
 */
export class Line {
  readonly #options: LineOptions
  readonly #queues = new Map<Vmid, FairQueue<Waiter>>()
  /** Given out, and not (yet) claimed: two requests of this daemon never go for the same one. */
  readonly #taken = new Set<Vmid>()
  readonly #draining = new Set<Vmid | 'all'>()
  #reviewing = false

  constructor(options: LineOptions) {
    this.#options = options
    options.view.onChange(({ member }) => {
      if (member?.record.state === 'ready') this.#serve(member.record.template)
    })
    options.signal.addEventListener('abort', () => this.#refuseAll(draining()), { once: true })
  }

  waiting(template: Vmid): number {
    return this.#queues.get(template)?.size ?? 0
  }

  /**
   * A container that is nobody else's to try until `free`. Errors: `exhausted` and `draining`; the signal's reason.
   * `waited` in milliseconds.
   */
  async take(ask: Ask): Promise<{ readonly member: Member; readonly waited: number }> {
    const { clock, signal } = this.#options
    ask.signal.throwIfAborted()
    if (signal.aborted || this.isDraining(ask.template)) throw draining(signal.aborted ? undefined : ask.template)
    const began = clock.steady()
    const member = this.waiting(ask.template) > 0 ? undefined : this.#pick(ask)
    if (member !== undefined) return { member, waited: 0 }
    this.#admit(ask)
    const served = await this.#wait(ask)
    return { member: served, waited: clock.steady() - began }
  }

  /** For a caller who has waited for `timeout` milliseconds. */
  lateness(template: Vmid, timeout: number): CmuxError {
    const waiting = this.waiting(template)
    const isReady = this.#options.view.candidates(template).some(({ vmid }) => !this.#taken.has(vmid))
    return tooLate(template, timeout, {
      ...this.#standing(this.#prospect(template), waiting),
      ...(waiting === 0 && isReady && { isReady }),
    })
  }

  /** It may be given to others, if it is still a candidate. */
  free(member: Member): void {
    if (this.#taken.delete(member.vmid)) this.#serve(member.record.template)
  }

  drain(template?: Vmid): void {
    this.#draining.add(template ?? 'all')
    this.#refuseAll(draining(template), template)
  }

  undrain(): void {
    this.#draining.clear()
  }

  isDraining(template: Vmid): boolean {
    return this.#draining.has('all') || this.#draining.has(template)
  }

  #pick(ask: Ask): Member | undefined {
    const candidates = this.#options.view.candidates(ask.template)
    const member = preferred(candidates, ask, (one) => !this.#taken.has(one.vmid) && ask.usable(one))
    if (member !== undefined) this.#taken.add(member.vmid)
    return member
  }

  /** Refuses at once whom nothing can come for, or for whom there is no place. */
  #admit(ask: Ask): void {
    const { template, client } = ask
    const queue = this.#queues.get(template)
    const ahead = queue?.ahead(client) ?? 0
    const prospect = this.#prospect(template)
    const standing = this.#standing(prospect, ahead)
    if (ahead >= hopesUntil(prospect, ask.deadline)) throw exhausted(template, standing)
    const waiting = [...this.#queues.values()].reduce((sum, { size }) => sum + size, 0)
    if (waiting < (this.#options.limit ?? LIMIT)) return
    const greediest = queue?.lastOfGreediest()
    if (
      queue === undefined ||
      greediest === undefined ||
      queue.waitingOf(greediest.client) <= queue.waitingOf(client) + 1
    )
      throw lineIsFull(template, standing)
    greediest.item.refuse(lineIsFull(template, this.#standing(prospect, queue.size)))
  }

  #wait(ask: Ask): Promise<Member> {
    const { supply } = this.#options
    const queue = this.#queues.get(ask.template) ?? new FairQueue<Waiter>()
    this.#queues.set(ask.template, queue)
    return new Promise<Member>((resolve, reject) => {
      const leave = (how: 'served' | 'left') => {
        queue.remove(place, how)
        if (queue.size === 0) this.#queues.delete(ask.template)
        ask.signal.removeEventListener('abort', onAbort)
      }
      const refuse = (error: unknown) => {
        leave('left')
        reject(error)
      }
      const serve = (member: Member) => {
        leave('served')
        resolve(member)
      }
      const onAbort = () => refuse(ask.signal.reason)
      const place: Place<Waiter> = queue.add(ask.client, { ask, serve, refuse, hopeless: false })
      ask.signal.addEventListener('abort', onAbort, { once: true })
      supply.wake()
      void this.#review()
    })
  }

  /** Hands what is there to those who wait, in their order. */
  #serve(template: Vmid): void {
    for (const { item } of this.#queues.get(template)?.inOrder() ?? []) {
      const member = this.#pick(item.ask)
      if (member !== undefined) item.serve(member)
    }
  }

  /**
   * What a waiter hoped for may come to nothing: others got it, fills began to fail. Found twice in a row, it is told. (Once is not enough:
   * a container may be between two states.)
   */
  async #review(): Promise<void> {
    if (this.#reviewing) return
    this.#reviewing = true
    const { clock, signal } = this.#options
    while (this.#queues.size > 0 && !signal.aborted) {
      await clock.sleep(REVIEW, signal).catch(() => undefined)
      for (const [template, queue] of this.#queues) {
        this.#serve(template)
        const prospect = this.#prospect(template)
        for (const [ahead, { item }] of queue.inOrder().entries()) {
          const hopeless = ahead >= hopesUntil(prospect, item.ask.deadline)
          if (hopeless && item.hopeless) item.refuse(exhausted(template, this.#standing(prospect, ahead)))
          item.hopeless = hopeless
        }
      }
    }
    this.#reviewing = false
  }

  #prospect(template: Vmid): Prospect {
    const expiries = this.#options.view.all().flatMap(({ record: { template: of, claim } }) => {
      return of === template && claim?.expires !== undefined ? [claim.expires * 1000] : []
    })
    const outlook = this.#options.supply.outlook(template)
    return { outlook, expiries: outlook.blind ? [] : expiries }
  }

  #standing({ outlook, expiries }: Prospect, ahead: number): Standing {
    if (expiries.length === 0) return { outlook, ahead }
    return { outlook, ahead, nextExpiry: Math.max(0, Math.min(...expiries) - this.#options.clock.now()) }
  }

  #refuseAll(error: Error, template?: Vmid): void {
    for (const [of, queue] of this.#queues) {
      if (template !== undefined && of !== template) continue
      for (const { item } of queue.inOrder()) item.refuse(error)
    }
  }
}

/** What may become of a template's containers. */
interface Prospect {
  readonly outlook: Outlook
  /** Milliseconds since the epoch at which leases end. */
  readonly expiries: readonly number[]
}

const hopesUntil = ({ outlook, expiries }: Prospect, deadline: number): number =>
  hopes(outlook) + expiries.filter((end) => end < deadline).length
