import type { LimitFunction } from 'p-limit'
import type { Ages } from '../ages.js'
import type { PoolContext } from '../context.js'
import type { GuestAccess } from '../guest-access.js'
import type { Observer } from '../observe/observer.js'
import type { Templates } from '../observe/templates.js'
import type { Quorum } from '../quorum.js'
import type { Rights } from '../rights.js'
import type { TemplatePolicy } from '../settings.js'
import type { Pace } from './pace.js'
import type { VmidChoice } from './vmid-choice.js'

/** What actions work with. */
export interface ActContext extends PoolContext {
  readonly observer: Observer
  readonly templates: Templates
  readonly quorum: Quorum
  readonly rights: Rights
  readonly policyOf: (template: number) => TemplatePolicy | undefined
  readonly pace: Pace
  readonly ages: Ages
  readonly vmids: VmidChoice
  readonly guests?: GuestAccess
  /** Destroys in flight. */
  readonly destroys: LimitFunction
  /** Templates whose storage has no snapshots, or no linked clones, as a refusal has shown. */
  readonly unable: { readonly snapshot: Set<number>; readonly linkedClone: Set<number> }
}
