import type { Claim } from './record.js'

/** Milliseconds by which the clocks of daemons may differ: none ends a lease that another one still takes for running. */
const SLACK = 3_000

/** `over` is a lease that every daemon finds over; while it is `ending` some may, and nobody is answered with it any more. `now` in milliseconds. Pure. */
export function leaseOf({ expires }: Claim, now: number): 'running' | 'ending' | 'over' {
  if (expires === undefined || expires * 1000 > now) return 'running'
  return expires * 1000 + SLACK > now ? 'ending' : 'over'
}
