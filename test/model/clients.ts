import { isCmuxError } from '../../src/lib/errors.js'
import type { Allocation } from '../../src/lib/pool/pool.js'
import { toVmid } from '../../src/lib/pve/client.js'
import type { ClientStep } from './case.js'
import { type Daemon, NoConnection } from './daemon.js'
import type { Tenancy } from './ledger.js'
import { TEMPLATE, type World } from './world.js'

type AllocateStep = Extract<ClientStep, { do: 'allocate' }>

/** How a request ended for the client that made it. */
type End = 'answered' | 'refused' | 'left' | 'unknown'

/** What became of the requests for one instance id: whether a claim of it may be there that nobody was told of. */
export interface Fate {
  /** A daemon died with the request in its hands. */
  unknown: boolean
  /** The daemons that have not answered a request for it: its client left, or was refused. */
  unansweredAt?: ReadonlySet<string>
}

/** Programs that want containers. */
export class Clients {
  readonly #world: World
  readonly #daemons: readonly Daemon[]
  readonly #open = new Set<Promise<void>>()
  #requests = 0
  readonly #renewals = new WeakMap<Tenancy, { open: number; begun: number }>()
  /** Fates by instance id. */
  readonly fates = new Map<string, Fate>()
  /** How requests ended, for the figures. */
  readonly ends: Record<End, number> = { answered: 0, refused: 0, left: 0, unknown: 0 }

  constructor(world: World, daemons: readonly Daemon[]) {
    this.#world = world
    this.#daemons = daemons
  }

  /** Requests that have no answer yet. */
  get open(): number {
    return this.#open.size
  }

  act(step: ClientStep): void {
    const work = this.#act(step)
    this.#open.add(work)
    void work.finally(() => this.#open.delete(work))
  }

  async #act(step: ClientStep): Promise<void> {
    if (step.do === 'allocate') return this.#allocate(step)
    const held = this.#world.ledger.held()
    const tenancy = held[step.pick % Math.max(1, held.length)]
    if (tenancy === undefined) return
    if (step.do === 'tenant') this.#work(tenancy, step.what)
    if (step.do === 'tenant') return
    const daemon = this.#daemon(step.daemon)
    if (step.do === 'renew') return this.#renew(tenancy, daemon, step.ttl)
    return this.#giveBack(tenancy, daemon, step.do)
  }

  async #allocate(step: AllocateStep): Promise<void> {
    const instance = step.instance === undefined ? undefined : `i${step.instance}`
    const leaving = new AbortController()
    if (step.leaves !== undefined) {
      void this.#world.clock.sleep(step.leaves).then(() => leaving.abort(new Error('the client went away')))
    }
    for (let attempt = 0; attempt <= step.retries; attempt++) {
      const end = await this.#ask(step, this.#daemon(step.daemon + attempt), instance, leaving.signal)
      this.ends[end]++
      if (end === 'answered' || end === 'left') return
      // Nobody knows an id that the pool made up: a second request would be for another container.
      if (end === 'unknown' && instance === undefined) return
      await this.#world.clock.sleep(20)
      if (leaving.signal.aborted) return
    }
  }

  async #ask(step: AllocateStep, daemon: Daemon, instance: string | undefined, signal: AbortSignal): Promise<End> {
    const world = this.#world
    const asked = world.clock.now()
    const requestId = `r${++this.#requests}`
    const { start, ttl, timeout } = step
    world.log(`${requestId} asks ${daemon.name} for ${instance ?? 'anything'}${start ? ', running' : ''}`)
    try {
      const allocation = await daemon.call((pool) =>
        pool.allocate(
          {
            template: toVmid(TEMPLATE),
            start,
            timeout,
            ...(instance !== undefined && { instanceId: instance }),
            ...(ttl !== undefined && { ttlSeconds: ttl }),
          },
          { requestId, client: `c${step.daemon}`, signal },
        ),
      )
      if (signal.aborted) return this.#left(requestId, daemon, instance)
      this.#told(requestId, allocation, { ...(instance !== undefined && { instance }), running: start, asked })
      return 'answered'
    } catch (error) {
      if (error instanceof NoConnection) {
        if (error.sent) this.#mayHold(instance ?? requestId)
        world.log(`${requestId}: ${error.message}`)
        return error.sent ? 'unknown' : 'refused'
      }
      if (signal.aborted) return this.#left(requestId, daemon, instance)
      world.log(`${requestId}: ${String(error)}`)
      this.#mustBeHonest(requestId, error)
      if (instance !== undefined) this.#notAnswered(instance, daemon)
      // It was told, and can ask for it again, or give it back.
      if (instance !== undefined && String(error).includes(`which instance ${instance} has`)) this.#mayHold(instance)
      const over = world.clock.now() - asked
      if (over > timeout + HONESTY)
        world.violated(`${requestId} was answered ${over} ms after it asked for ${timeout} ms`)
      return 'refused'
    }
  }

  /** What the daemon has not given up when it dies, stays. */
  #left(requestId: string, daemon: Daemon, instance: string | undefined): End {
    this.#world.log(`${requestId} has left`)
    if (instance !== undefined) {
      this.#notAnswered(instance, daemon)
    }
    return 'left'
  }

  #notAnswered(instance: string, daemon: Daemon): void {
    const fate = this.fates.get(instance)
    const unansweredAt = new Set([...(fate?.unansweredAt ?? []), daemon.name])
    this.fates.set(instance, { unknown: false, ...fate, unansweredAt })
    daemon.onDeath(() => this.#mayHold(instance))
  }

  #told(
    requestId: string,
    allocation: Allocation,
    wanted: { readonly instance?: string; readonly running: boolean; readonly asked: number },
  ): void {
    const { instanceId, vmid, fromPool, tier, expires } = allocation
    const until = expires === undefined ? '' : ` until ${expires}`
    this.#world.log(`${requestId}: ${instanceId} has ${vmid} (${fromPool ? 'pooled' : 'made for it'}, ${tier})${until}`)
    this.#world.ledger.told(allocation, wanted)
  }

  /** Only errors on purpose, with a code that a client can act upon. */
  #mustBeHonest(requestId: string, error: unknown): void {
    if (isCmuxError(error, 'conflict', 'exhausted', 'timeout', 'not-found', 'unavailable', 'draining')) return
    // What it holds already could not be started: that is its own.
    if (isCmuxError(error, 'locked', 'task-failed')) return
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#world.violated(`${requestId} was answered with no honest error: ${text}`)
  }

  async #renew(tenancy: Tenancy, daemon: Daemon, ttlSeconds: number): Promise<void> {
    const { instance, vmid } = tenancy
    this.#world.log(`${instance} renews ${vmid} at ${daemon.name} for ${ttlSeconds} s`)
    // Before it is answered it relies on the sooner of both ends.
    const before = tenancy.until
    const asked = this.#world.clock.now() + ttlSeconds * 1000
    const end = this.#beginRenewal(tenancy)
    let isAlone = false
    tenancy.until = Math.floor(Math.min(tenancy.until ?? asked, asked) / 1000) * 1000
    try {
      const lease = await daemon
        .call((pool) => pool.renew(toVmid(vmid), { ttlSeconds, instanceId: instance }))
        .finally(() => {
          isAlone = end()
        })
      this.#world.log(`${instance} has ${vmid} until ${lease.expires}`)
      // Of two at once nobody but the cluster knows the order: it relies on the sooner end.
      const soonest = isAlone ? lease.expires : Math.min(lease.expires, (tenancy.until ?? Infinity) / 1000)
      this.#world.ledger.renewed(vmid, instance, soonest)
    } catch (error) {
      this.#world.log(`${instance}: ${String(error)}`)
      // It has ended by now.
      if (isCmuxError(error, 'conflict', 'not-found')) return
      if (isCmuxError(error, 'locked', 'changed', 'invalid') || (error instanceof NoConnection && !error.sent)) {
        if (isAlone) tenancy.until = before
        return
      }
      // Whether the lease ends now as before or as asked for is not known: it relies on neither.
      tenancy.until = this.#world.clock.now()
      this.#mayHold(instance)
    }
  }

  /** What it returns is to be called at the end, and says whether no other renewal of that tenancy was under way in between. */
  #beginRenewal(tenancy: Tenancy): () => boolean {
    const renewals = this.#renewals.get(tenancy) ?? { open: 0, begun: 0 }
    this.#renewals.set(tenancy, renewals)
    const wasAlone = renewals.open++ === 0
    const serial = ++renewals.begun
    return () => {
      renewals.open--
      return wasAlone && renewals.begun === serial
    }
  }

  async #giveBack(tenancy: Tenancy, daemon: Daemon, how: 'release' | 'remove'): Promise<void> {
    const { instance, vmid } = tenancy
    if (daemon.pool === undefined) return
    this.#world.log(`${instance} ${how}s ${vmid} at ${daemon.name}`)
    this.#world.ledger.leaves(tenancy)
    try {
      await daemon.call((pool) => pool[how](toVmid(vmid), { instanceId: instance }))
      this.#world.log(`${instance} has given ${vmid} back`)
    } catch (error) {
      this.#world.log(`${instance}: ${String(error)}`)
      this.#mayHold(instance)
    }
  }

  /** What a tenant does with a container of its own. */
  #work({ vmid }: Tenancy, what: 'stop' | 'start' | 'snapshot' | 'exit'): void {
    const world = this.#world
    const node = world.onlineNode(vmid)
    if (node === undefined) return
    world.log(`the tenant of ${vmid}: ${what}`)
    world.disturb(vmid)
    if (what === 'exit') world.guests.exit(vmid)
    if (what === 'exit') return
    const silent = { print: () => {}, warn: () => {} }
    const deed = what === 'snapshot' ? 'snapshot' : `status/${what}`
    const parameters = what === 'snapshot' ? { snapname: 'mine' } : {}
    // Not waited for: a node that loses power never answers its own tools.
    world.router.invoke(node, 'POST', `/nodes/${node}/lxc/${vmid}/${deed}`, parameters, silent).catch(() => {})
  }

  #mayHold(instance: string): void {
    this.fates.set(instance, { ...this.fates.get(instance), unknown: true })
  }

  #daemon(index: number): Daemon {
    const daemon = this.#daemons[index % this.#daemons.length]
    if (daemon === undefined) throw new RangeError('there is no daemon')
    return daemon
  }
}

/** How much longer than it was asked to an answer may take, in milliseconds. */
const HONESTY = 10
