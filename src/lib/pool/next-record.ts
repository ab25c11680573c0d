import type { Claim, PoolRecord, PoolState, Tier } from './record.js'

/** What a write changes. What is absent stays, but for `claim`, `reason` and `destroy`, which belong to one state. */
export interface RecordChange {
  readonly state: PoolState
  readonly tier?: Tier
  readonly claim?: Claim
  readonly reason?: string
  readonly destroy?: true
  readonly pristine?: string
}

/** The record that follows: one generation on, owned by who writes it. `now` in milliseconds since the epoch. Pure. */
export function nextRecord(
  record: PoolRecord,
  change: RecordChange,
  { owner, now }: { readonly owner: string; readonly now: number },
): PoolRecord {
  const { claim: _claim, reason: _reason, destroy: _destroy, ...kept } = record
  return {
    ...kept,
    ...change,
    generation: record.generation + 1,
    owner,
    since: change.state === record.state ? record.since : Math.floor(now / 1000),
  }
}
