import type { Clock } from '../../clock.js'
import { CmuxError } from '../../errors.js'
import { toVmid, type Vmid } from '../../pve/client.js'
import type { VmidRange } from '../../settings/settings.js'

/** Milliseconds that a VMID rests after its container has gone: a late call that was meant for that one must not meet another. */
const REST = 600_000

/** Free VMIDs of the pool's own range. Proxmox reserves none: creating the container is the claim (PVE-FACTS 5). */
export class VmidChoice {
  readonly #range: VmidRange
  readonly #clock: Clock
  readonly #resting = new Map<number, number>()
  readonly #taken = new Set<number>()

  constructor(range: VmidRange, clock: Clock) {
    this.#range = range
    this.#clock = clock
  }

  /** The lowest that nobody has, as far as is known; it is held until `settle`. Throws `exhausted` when there is none. */
  take(used: ReadonlySet<number>): Vmid {
    const now = this.#clock.now()
    for (const [vmid, until] of this.#resting) if (until <= now) this.#resting.delete(vmid)
    const free = (vmid: number) => !used.has(vmid) && !this.#taken.has(vmid)
    const vmid = this.#first((number) => free(number) && !this.#resting.has(number)) ?? this.#longestRested(free)
    if (vmid === undefined) {
      throw new CmuxError('exhausted', `every VMID from ${this.#range.start} to ${this.#range.end} is taken`, {
        hint: 'Widen the range (CONTAINER_VMID_START, CONTAINER_VMID_END), or remove what is in it.',
      })
    }
    this.#taken.add(vmid)
    return toVmid(vmid)
  }

  /** It was taken, and what becomes of it is not settled yet. */
  isHeld(vmid: number): boolean {
    return this.#taken.has(vmid)
  }

  /** The container was made, or was not; the index tells from now on. */
  settle(vmid: number): void {
    this.#taken.delete(vmid)
  }

  /** Its container has gone, somebody else has it, or nobody knows: it is not used for a while. */
  rest(vmid: number): void {
    this.#taken.delete(vmid)
    this.#resting.delete(vmid)
    this.#resting.set(vmid, this.#clock.now() + REST)
  }

  #first(suits: (vmid: number) => boolean): number | undefined {
    for (let vmid = this.#range.start; vmid <= this.#range.end; vmid++) if (suits(vmid)) return vmid
    return undefined
  }

  /** The map keeps the order in which they came to rest. */
  #longestRested(free: (vmid: number) => boolean): number | undefined {
    return [...this.#resting.keys()].find(free)
  }
}
