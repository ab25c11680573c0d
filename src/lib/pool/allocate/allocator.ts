import { setMaxListeners } from 'node:events'
import { after } from '../../clock.js'
import { CmuxError, isCmuxError } from '../../errors.js'
import type { Vmid } from '../../pve/client.js'
import type { PoolContext } from '../context.js'
import type { GuestAccess } from '../guest-access.js'
import { hindered } from '../hindrance.js'
import type { AllocateRequest, Allocation, Caller, Pool } from '../pool.js'
import type { Demand, Supply } from '../supply.js'
import { Behind } from './behind.js'
import { checkRequest } from './check-request.js'
import { ClusterLook } from './cluster-look.js'
import { GiveBack } from './give-back.js'
import { HandOut } from './hand-out.js'
import { HeldBefore } from './held-before.js'
import { Holdings } from './holdings.js'
import { Line } from './line.js'
import { type Order, orAborted } from './order.js'
import { Preparation } from './preparation.js'
import { draining, notReadyInTime } from './refusals.js'

/** Hands containers out and takes them back. */
export interface Allocator extends Pick<Pool, 'allocate' | 'release' | 'remove' | 'renew'>, Demand {
  /** From now on allocates, of one template or of all, are refused with `draining`; those that wait in line too. */
  drain(template?: Vmid): void
  /** Allocates are taken again. */
  undrain(): void
  /** Resolves when nothing goes on behind the answers: attempts whose outcome was not known, and claims of callers who left. */
  settled(): Promise<void>
}

export interface AllocatorOptions {
  readonly supply: Supply
  readonly guests?: GuestAccess
}

export type CreateAllocator = (context: PoolContext, options: AllocatorOptions) => Allocator

export const createAllocator: CreateAllocator = (context, { supply, guests }) => {
  // Every request and everything behind the answers ends with the pool.
  setMaxListeners(0, context.signal)
  const behind = new Behind(context)
  const line = new Line({ ...context, supply })
  const holdings = new Holdings(context, supply, behind)
  const look = new ClusterLook(context)
  const preparation = new Preparation(context, guests)
  const before = new HeldBefore(context, { holdings, look, preparation })
  const handOut = new HandOut(context, { line, holdings, look, before, preparation })
  const giveBack = new GiveBack(context, supply, behind)
  const desk = new Desk(context, { supply, line, before, handOut, behind })
  return {
    async allocate(request, caller) {
      checkRequest(request, guests !== undefined)
      return desk.allocate(request, caller)
    },
    release: (vmid, options) => giveBack.release(vmid, options),
    remove: (vmid, options) => giveBack.remove(vmid, options),
    renew: (vmid, options) => giveBack.renew(vmid, options),
    waiting: (template) => line.waiting(template),
    drain: (template) => line.drain(template),
    undrain: () => line.undrain(),
    settled: () => behind.settled(),
  }
}

interface DeskParts {
  readonly supply: Supply
  readonly line: Line
  readonly before: HeldBefore
  readonly handOut: HandOut
  readonly behind: Behind
}

/** Lets one request at a time work for an instance, and no caller wait longer than asked. */
class Desk {
  readonly #context: PoolContext
  readonly #supply: Supply
  readonly #line: Line
  readonly #before: HeldBefore
  readonly #handOut: HandOut
  readonly #behind: Behind
  readonly #working = new Map<string, Promise<Allocation | undefined>>()

  constructor(context: PoolContext, { supply, line, before, handOut, behind }: DeskParts) {
    this.#context = context
    this.#supply = supply
    this.#line = line
    this.#before = before
    this.#handOut = handOut
    this.#behind = behind
  }

  async allocate(request: AllocateRequest, caller: Caller): Promise<Allocation> {
    const { clock, signal: closing } = this.#context
    const { template, timeout } = request
    caller.signal.throwIfAborted()
    if (closing.aborted || this.#line.isDraining(template)) throw draining(closing.aborted ? undefined : template)
    const over = new AbortController()
    const onLeave = () => over.abort(caller.signal.reason)
    const onClose = () => over.abort(draining())
    caller.signal.addEventListener('abort', onLeave, { once: true })
    closing.addEventListener('abort', onClose, { once: true })
    const instanceId = request.instanceId ?? this.#newInstanceId()
    const lateness = () => {
      const pending = this.#before.pending(instanceId)
      return pending === undefined
        ? this.#line.lateness(template, timeout)
        : notReadyInTime(pending, instanceId, timeout)
    }
    const cancel = after(clock, timeout, () => over.abort(lateness()))
    try {
      return await this.#alone({
        ...request,
        instanceId,
        generated: request.instanceId === undefined,
        caller,
        deadline: clock.now() + timeout,
        signal: over.signal,
      })
    } finally {
      cancel()
      caller.signal.removeEventListener('abort', onLeave)
      closing.removeEventListener('abort', onClose)
    }
  }

  /**
   * Another request for the same instance is waited for: what it was answered is the answer, if it fits. A call to Proxmox that is on its way when the caller
   * need not wait any more comes to its end behind the answer, and what it has claimed is given up.
   */
  async #alone(order: Order): Promise<Allocation> {
    const { instanceId, template, start, signal } = order
    for (let other = this.#working.get(instanceId); other !== undefined; other = this.#working.get(instanceId)) {
      const same = await orAborted(other, signal)
      if (same?.template === template && (!start || same.status === 'running')) return same
    }
    const work = this.#work(order)
    const outcome = work.catch(() => undefined)
    this.#working.set(instanceId, outcome)
    this.#behind.follow(outcome.then(() => this.#working.delete(instanceId)))
    return orAborted(work, signal)
  }

  async #work(order: Order): Promise<Allocation> {
    try {
      return await this.#serve(order)
    } catch (error) {
      if (!isCmuxError(error, 'unauthorised', 'forbidden')) throw error
      // It is the pool that Proxmox refuses, not the caller. Whether it is so for all is found out at once.
      this.#supply.wake()
      const { code, message, hint: remedy = 'See `cmux-pve pool status`.' } = error
      throw hindered({ message, remedy, because: code === 'forbidden' ? code : 'unauthorised' })
    }
  }

  async #serve(order: Order): Promise<Allocation> {
    const { template, signal } = order
    if ((await orAborted(this.#supply.know(template), signal)) === undefined) {
      throw new CmuxError('not-found', `this pool has no template ${template}`, {
        hint: 'Its templates are those of pool.yaml or POOL_TEMPLATES; without a list any template of the cluster will do.',
      })
    }
    return this.#handOut.serve(order)
  }

  /** As the original service makes them: `pvelxc-` and eight hex digits. */
  #newInstanceId(): string {
    const { random, view } = this.#context
    for (;;) {
      const number = Math.floor(random() * 2 ** 32)
      const instanceId = `pvelxc-${number.toString(16).padStart(8, '0')}`
      if (!this.#working.has(instanceId) && view.byInstance(instanceId).length === 0) return instanceId
    }
  }
}
