import type { ErrorCode } from '../../errors.js'
import type { Sample } from './run.js'

export const STAGES = ['queue', 'claim', 'start', 'inject', 'total'] as const
export type Stage = (typeof STAGES)[number]

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** What a load came to. */
export interface LoadReport {
  readonly requests: number
  readonly succeeded: number
  /** How many failed, by error code. */
  readonly failed: Readonly<Partial<Record<ErrorCode, number>>>
  /** Of those that succeeded: the share that was ready before, and the share that was running before. 0 to 1. */
  readonly hitRate: number
  readonly hotRate: number
  /** Of those that succeeded; `total` is what the caller saw, from the moment at which the request was due. */
  readonly stages: Readonly<Record<Stage, Percentiles>>
}

export function reportOf(samples: readonly Sample[]): LoadReport {
  const answered = samples.flatMap((sample) => (sample.ok ? [sample] : []))
  const failed: Partial<Record<ErrorCode, number>> = {}
  for (const sample of samples) if (!sample.ok) failed[sample.code] = (failed[sample.code] ?? 0) + 1
  const share = (count: number) => (answered.length === 0 ? 0 : count / answered.length)
  const of = (stage: Stage) =>
    percentiles(answered.map(({ stages, total }) => (stage === 'total' ? total : stages[stage])))
  return {
    requests: samples.length,
    succeeded: answered.length,
    failed,
    hitRate: share(answered.filter(({ fromPool }) => fromPool).length),
    hotRate: share(answered.filter(({ tier }) => tier === 'hot').length),
    stages: {
      queue: of('queue'),
      claim: of('claim'),
      start: of('start'),
      inject: of('inject'),
      total: of('total'),
    },
  }
}

/** Nearest rank: every figure is one that was measured. Of nothing: zero. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99), max: rank(1) }
}
