import { after, type Clock } from '../clock.js'
import type { PveClient } from '../pve/client.js'

/** The server tells its time in whole seconds: half of one is what we are wrong by, either way. */
const HALF = 500
/** Milliseconds that a new answer must differ by before it counts: else the clock would tremble with every answer. */
const TOLERANCE = 1_500

/** The cluster's time of day, and a measure of durations. */
export interface PoolClock extends Clock {
  /** Milliseconds that say nothing but how long it is between two readings, whatever the time of day does meanwhile. */
  steady(): number
}

/**
 * A clock that goes by the cluster's time, which every answer tells. What daemons write into records they compare with each other's, and
 * with when nodes have booted: a daemon whose machine is an hour wrong must not end leases, or take a record for younger than a boot.
 */
export function clusterClock(clock: Clock, client: Pick<PveClient, 'clockOffset'>): PoolClock {
  let ahead = 0
  return {
    now() {
      const told = (client.clockOffset ?? -HALF) + HALF
      if (Math.abs(told - ahead) > TOLERANCE) ahead = told
      return clock.now() + ahead
    },
    steady: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    after: (ms, action) => after(clock, ms, action),
  }
}
