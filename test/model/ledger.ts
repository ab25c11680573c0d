import type { Allocation } from '../../src/lib/pool/pool.js'
import { STRANGER } from './guests.js'
import type { World } from './world.js'

/** What a client was told, and relies on. */
export interface Tenancy {
  readonly instance: string
  readonly vmid: number
  readonly claimId: string
  /** Milliseconds since the epoch; absent: until it gives the container back. */
  until: number | undefined
  /** When it was renewed last: an answer to what was asked before says nothing about that. */
  renewedAt: number
  /** Of the record when it was told. */
  readonly generation: number
  /** `leaving`: it has asked to give the container back, and relies on nothing any more; `lost`: the cluster forgot the claim. */
  state: 'held' | 'leaving' | 'lost'
}

/** Milliseconds between the last look at a claim and its answer. */
const MOMENT = 1_000

interface Wanted {
  /** Absent: any id would do. */
  readonly instance?: string
  readonly running: boolean
  /** When it asked, in milliseconds since the epoch. */
  readonly asked: number
}

/** Keeps what each client was told against everything that is done. */
export class Ledger {
  readonly #world: World
  readonly #tenancies: Tenancy[] = []
  /** Instances that do not know which container is theirs. */
  readonly #unclear = new Set<string>()

  constructor(world: World) {
    this.#world = world
  }

  /** Those that somebody relies on now. */
  held(): readonly Tenancy[] {
    const now = this.#world.clock.now()
    return this.#tenancies.filter(({ state, until }) => state === 'held' && (until === undefined || until > now))
  }

  holder(vmid: number): Tenancy | undefined {
    return this.held().find((tenancy) => tenancy.vmid === vmid)
  }

  of(instance: string): Tenancy | undefined {
    return this.held().find((tenancy) => tenancy.instance === instance)
  }

  /** A client was told that it has a container. */
  told(allocation: Allocation, wanted: Wanted): void {
    const { instanceId: instance, vmid, claimId, expires } = allocation
    // Over before it was told, as the client can see: a clock jumped in between.
    if (expires !== undefined && expires * 1000 <= this.#world.clock.now()) return
    if (this.#isForgotten(vmid, claimId)) return
    // It has asked to give it back in the meantime.
    if (this.#isLeaving(vmid, claimId)) return
    if (this.#cannotHaveLooked(allocation)) return
    for (const problem of this.#problems(allocation, wanted))
      this.#world.violated(`${instance} was given ${vmid}${problem}`)
    const until = expires === undefined ? undefined : expires * 1000
    const own = this.of(instance)
    if (own !== undefined && own.renewedAt >= wanted.asked) return
    if (own !== undefined) own.until = until
    else {
      const generation = this.#world.record(vmid)?.generation ?? 0
      this.#moveIn({ instance, vmid, claimId, until, generation, renewedAt: Number.NEGATIVE_INFINITY, state: 'held' })
    }
  }

  renewed(vmid: number, instance: string, expires: number): void {
    const tenancy = this.holder(vmid)
    if (tenancy?.instance !== instance) return
    const { clock, powerFailedAt } = this.#world
    tenancy.until = expires * 1000
    tenancy.renewedAt = clock.now()
    // Forgotten in the very moment in which it was answered.
    const isKnown = this.#world.record(vmid)?.claim?.expires === expires
    if (!isKnown && clock.now() - powerFailedAt <= MOMENT) tenancy.state = 'lost'
  }

  isUnclear(instance: string): boolean {
    return this.#unclear.has(instance)
  }

  /** Whether what its client was told of this claim is, or may be, what a power cut has forgotten: that it ended, or until when it was renewed. */
  mayBeForgotten(vmid: number, claimId: string): boolean {
    return this.#tenancies.some(
      (tenancy) =>
        tenancy.claimId === claimId &&
        tenancy.vmid === vmid &&
        (tenancy.state !== 'held' || Number.isFinite(tenancy.renewedAt)),
    )
  }

  /** It asks to give the container back: from now on that may happen at any time. */
  leaves(tenancy: Tenancy): void {
    tenancy.state = 'leaving'
  }

  /** After a power cut: claims that the cluster has forgotten are nobody's fault. */
  forgetLost(): void {
    for (const tenancy of this.held()) {
      const { claim, generation = 0 } = this.#world.record(tenancy.vmid) ?? {}
      const until = claim?.expires === undefined ? undefined : claim.expires * 1000
      if (claim?.id === tenancy.claimId && until === tenancy.until && generation >= tenancy.generation) continue
      this.#world.log(`the cluster has forgotten that ${tenancy.instance} has ${tenancy.vmid}`)
      tenancy.state = 'lost'
    }
  }

  /** The claim was forgotten in the very moment in which it was answered. */
  #isForgotten(vmid: number, claimId: string): boolean {
    const { clock, powerFailedAt } = this.#world
    return this.#world.record(vmid)?.claim?.id !== claimId && clock.now() - powerFailedAt <= MOMENT
  }

  /**
   * It has another one, from another daemon, and in the moment in which this one looked around for that, nodes went down. Claiming does not wait
   * for lists: the instance relies on neither then, and one of both has to go.
   */
  #cannotHaveLooked({ instanceId, vmid }: Allocation): boolean {
    const { clock, powerFailedAt } = this.#world
    const own = this.of(instanceId)
    if (own === undefined || own.vmid === vmid || clock.now() - powerFailedAt > MOMENT) return false
    own.state = 'lost'
    this.#unclear.add(instanceId)
    return true
  }

  #isLeaving(vmid: number, claimId: string): boolean {
    return this.#tenancies.some(
      (tenancy) => tenancy.claimId === claimId && tenancy.vmid === vmid && tenancy.state === 'leaving',
    )
  }

  *#problems(allocation: Allocation, wanted: Wanted): Iterable<string> {
    const world = this.#world
    const { instanceId: instance, vmid, hostname } = allocation
    if (wanted.instance !== undefined && instance !== wanted.instance) yield `, but ${wanted.instance} had asked`
    if (hostname !== instance) yield ` with the hostname ${hostname}`
    const owner = world.owner(vmid)
    if (owner !== 'ours') yield `, which is ${owner ?? 'not there'}`
    const other = this.holder(vmid)
    if (other !== undefined && other.instance !== instance) yield ` while ${other.instance} has it`
    const own = this.of(instance)
    if (own !== undefined && own.vmid !== vmid) yield ` while it has ${own.vmid}`
    const isRunning = world.isRunning(vmid) || world.wasDisturbedSince(vmid, wanted.asked)
    if (wanted.running && !isRunning) yield ', and was told that it runs, but it does not'
  }

  /**
   * Somebody had started it, and who claimed it died before it looked: whoever goes on with that claim cannot tell this start from one that its instance
   * has made since, as uptimes are whole seconds and clocks differ.
   */
  #cannotBeTold({ vmid, claimId }: Tenancy): boolean {
    const { strangers } = this.#world
    const record = this.#world.record(vmid)
    const startedAt = strangers.get(vmid)
    const isAdopted = record !== undefined && !claimId.startsWith(`${record.owner}.`)
    return isAdopted && startedAt !== undefined
  }

  #moveIn(tenancy: Tenancy): void {
    const { instance, vmid, claimId } = tenancy
    const volume = this.#world.volume(vmid)
    if (volume === undefined) this.#world.violated(`${instance} was given ${vmid}, which has no disk`)
    if (volume === undefined) return
    const own = `${instance}/${claimId}`
    const others = this.#world.guests
      .marks(volume)
      .filter((mark) => mark !== own && !(mark === STRANGER && this.#cannotBeTold(tenancy)))
    if (others.length > 0) {
      this.#world.violated(`${instance} was given ${vmid} as fresh, but it holds files of ${others.join(' and ')}`)
    }
    this.#world.guests.mark(volume, own)
    this.#tenancies.push(tenancy)
  }
}
