import type { Vmid } from '../pve/client.js'
import type { Hindrance } from './hindrance.js'
import type { Member } from './member.js'
import type { TemplatePolicy } from './settings.js'

/** What the allocator asks of the controller. */
export interface Supply {
  /** There is something to do: observe, plan and act soon, without waiting for the next tick. */
  wake(): void
  /**
   * Undefined: this pool has no such template. Learned templates come to be known when they are asked for: this reads the template. One that was
   * missing is looked for again.
   */
  know(template: Vmid): Promise<TemplatePolicy | undefined>
  outlook(template: Vmid): Outlook
  /** A member whose record says `releasing` (written by this run): the controller carries on from there. */
  recycle(member: Member): void
}

/** Whether and when more containers of a template will be ready. */
export interface Outlook {
  /** On their way: filling, or being recycled. */
  readonly coming: number
  /** How many more may be made before `max` is reached. */
  readonly room: number
  readonly breaker: 'closed' | 'open'
  /** Milliseconds that one fill takes, as measured lately. */
  readonly fillTime?: number
  /** How many fills can run at the same time. */
  readonly width: number
  /** Why no more can be made: `room` is 0 then. */
  readonly hindrance?: Hindrance
  /** What holds things up now, and may be over at any time: said to whoever waits in vain. */
  readonly delay?: Hindrance
  /** Nothing can be done at all: nor will what is on its way or comes back be ready. */
  readonly blind?: boolean
}

/** What the controller asks of the allocator. */
export interface Demand {
  /** Callers that wait in line for a container of that template. */
  waiting(template: Vmid): number
}
