import type { Clock } from '../clock.js'
import { isCmuxError } from '../errors.js'
import type { Alarms } from './alarms.js'
import type { Hindrance } from './hindrance.js'

/** What Proxmox refuses: the token as such (401), or a privilege that it needs (403). */
export type Refused = 'token' | 'privilege'

export interface Refusal extends Hindrance {
  readonly refused: Refused
}

/** Milliseconds for which a change that was refused counts: whether the next one would be, only the next one shows. */
const VALID = 30_000

const ALARM = 'refused'

/** Whether Proxmox lets the pool's token do what it must. Learned from every look at the cluster, and from every change. */
export class Rights {
  readonly #alarms: Alarms
  readonly #clock: Clock
  #seen: Refusal | undefined
  #met: { readonly refusal: Refusal; readonly until: number } | undefined

  constructor(alarms: Alarms, clock: Clock) {
    this.#alarms = alarms
    this.#clock = clock
  }

  /** Undefined: as far as is known it may do everything. */
  get refusal(): Refusal | undefined {
    if (this.#seen !== undefined) return this.#seen
    return this.#met !== undefined && this.#clock.now() < this.#met.until ? this.#met.refusal : undefined
  }

  /** The last look at the cluster was refused as a whole: nothing can be done at all. */
  get blind(): boolean {
    return this.#seen !== undefined
  }

  /** A look at the cluster has ended: with this, or with nothing. Answers whether it was refused. */
  looked(error?: unknown): boolean {
    this.#seen = refusalOf(error)
    if (this.#seen !== undefined) this.#raise(this.#seen)
    else {
      if (error === undefined && this.#met?.refusal.refused === 'token') this.#met = undefined
      if (this.refusal === undefined) this.#alarms.clear(ALARM)
    }
    return this.#seen !== undefined
  }

  /** A change has failed: with this. */
  met(error: unknown): void {
    const refusal = refusalOf(error)
    if (refusal === undefined) return
    this.#met = { refusal, until: this.#clock.now() + VALID }
    this.#raise(refusal)
  }

  #raise({ message, remedy }: Refusal): void {
    this.#alarms.raise(ALARM, { kind: 'refused', message, remedy })
  }
}

function refusalOf(error: unknown): Refusal | undefined {
  if (!isCmuxError(error, 'unauthorised', 'forbidden')) return undefined
  const { code, message, hint = 'Give the token its role again: deploy/role.sh' } = error
  const token = code === 'unauthorised'
  return {
    refused: token ? 'token' : 'privilege',
    message,
    remedy: hint,
    because: token ? 'unauthorised' : 'forbidden',
  }
}
