import type { Tier } from './record.js'

/** Seconds that two looks at one uptime may differ by: the clocks of two daemons, and whole seconds. */
const SLACK = 4
/** The same when one look was at the index, which lags by up to 10 s (PVE-FACTS 5). */
export const INDEX_SLACK = 15
/** Seconds after a boot in which a record still counts as older than it: clocks differ a little. */
const BOOT_SLACK = 5
/** Seconds. */
const LIST_LAG = 6

/** Milliseconds after a guest's end in which its node may still write the configuration back as it was before: its post-stop hook takes no lock. */
export const POST_STOP = 1_000

/** In which run state a container was seen. */
export interface RunState {
  readonly running: boolean
  /** Seconds since the epoch; only of a running one, absent: not known. */
  readonly startedAt?: number
}

/** What an uptime in seconds, seen at `now` (milliseconds since the epoch), says about the start: seconds since the epoch. */
export const startOf = (uptime: number, now: number): number => Math.floor(now / 1000 - uptime)

/** Whether a container is in the run state in which it became ready: a stopped one is stopped, a hot one runs since then. Pure. */
export function isAsItBecameReady(tier: Tier, seen: RunState, slack = SLACK): boolean {
  if (tier.kind === 'stopped') return !seen.running
  return seen.running && (seen.startedAt === undefined || seen.startedAt <= tier.startedAt + slack)
}

/**
 * Whether a record was written before its node booted: what was written last may then be lost, and with it that somebody had the
 * container. Both in seconds since the epoch; without a known boot there is nothing to compare. Pure.
 */
export const isOlderThanBoot = (since: number, bootedAt: number | undefined): boolean =>
  bootedAt !== undefined && since <= bootedAt + BOOT_SLACK

/**
 * Whether somebody claimed a container after its node had booted, though it had become ready before. All in seconds since the epoch. Where
 * the two cannot be told apart it was after: nobody claims on a node that is down, and none comes up again within these seconds. Pure.
 */
export const isClaimedAcrossBoot = (readySince: number, claimedAt: number, bootedAt: number): boolean =>
  readySince < bootedAt && claimedAt > bootedAt - SLACK

/**
 * Milliseconds from `now` until a record that is written counts as younger than the boot of its node. Lists tell a boot up to 10 s too late
 * (PVE-FACTS 5).
 */
export const untilYounger = (bootedAt: number | undefined, now: number): number =>
  bootedAt === undefined ? 0 : Math.max(0, (bootedAt + BOOT_SLACK + LIST_LAG) * 1000 - now)
