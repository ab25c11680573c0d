import { isQuorumLoss } from '../pve/errors.js'
import type { Alarms } from './alarms.js'

const ALARM = 'quorum'

/**
 * Whether the cluster takes changes. A pool's token may not ask for that (Sys.Audit on `/`), so it is learned from what Proxmox says to
 * changes: one that is refused for want of a quorum says that it is lost, one that is written says that it is there.
 */
export class Quorum {
  readonly #alarms: Alarms
  #lost = false

  constructor(alarms: Alarms) {
    this.#alarms = alarms
  }

  get lost(): boolean {
    return this.#lost
  }

  /** A change, or the task of one, has failed: with this. */
  refused(error: unknown): void {
    if (!isQuorumLoss(error)) return
    this.#lost = true
    this.#alarms.raise(ALARM, {
      kind: 'no-quorum',
      message: `The cluster has no quorum, nothing can be changed: ${error.message}`,
      remedy: 'On a node: pvecm status',
    })
  }

  isThere(): void {
    this.#lost = false
    this.#alarms.clear(ALARM)
  }
}
