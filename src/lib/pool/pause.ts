import { leaseEnd } from './lease.js'
import type { Member } from './member.js'

/** Milliseconds in which leases that have ended are given back, half of it at least. */
const LEASE_SPREAD = 1_000
/** Milliseconds until a source that others copy is looked at again, at first, and this part of the time that it has lasted already. */
const LOCK_POLL = 150
const LOCK_POLL_PART = 0.1

/** Milliseconds in all of these. `random`: a number in [0, 1). */
interface Timing {
  readonly interval: number
  readonly random: number
}

/**
 * Until the cluster is looked at anew: the end of a lease is not overslept. Daemons do not all come at the same time, and one comes once for leases
 * that end one after the other. What could not be given back when it ended waits for the interval. Pure.
 */
export function pauseUntilLook(members: readonly Member[], now: number, { interval, random }: Timing): number {
  let next = Number.POSITIVE_INFINITY
  for (const { record } of members) {
    const end = record.claim === undefined ? next : leaseEnd(record.claim)
    if (end > now && end < next) next = end
  }
  return Math.min(interval, next - now + LEASE_SPREAD * (0.5 + random))
}

/** `lasts`: of the lock. One that stays is left by a dead worker more often than not: three daemons must not ask for it without end. Pure. */
export function pauseUntilUnlocked(lasts: number, { interval, random }: Timing): number {
  return Math.min(interval, Math.max(LOCK_POLL, lasts * LOCK_POLL_PART)) * (0.5 + random)
}
