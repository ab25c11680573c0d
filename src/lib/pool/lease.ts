import type { Claim } from './record.js'

/** Milliseconds by which the clocks of daemons may differ: none ends a lease that another one still takes for running. */
const SLACK = 3_000

/** When every daemon finds the lease over, in milliseconds since the epoch; never: infinity. Pure. */
export const leaseEnd = ({ expires }: Claim): number =>
  expires === undefined ? Number.POSITIVE_INFINITY : expires * 1000 + SLACK

/** `over` is a lease that every daemon finds over; while it is `ending` some may, and nobody is answered with it any more. `now` in milliseconds. Pure. */
export function leaseOf(claim: Claim, now: number): 'running' | 'ending' | 'over' {
  const end = leaseEnd(claim)
  if (end - SLACK > now) return 'running'
  return end > now ? 'ending' : 'over'
}
