import { performance } from 'node:perf_hooks'

/** Milliseconds that `work` takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}

/** One figure beside what it is held to. */
export interface Line {
  readonly name: string
  /** In that unit. */
  readonly measured: number
  /** What it is compared with; absent: the figure stands for itself. */
  readonly compared?: number
  readonly unit: 'ms' | 'MB' | 'requests'
  /** The ratio of both, or the figure itself. */
  readonly value: number
  readonly target: number
  /** Whether the value may not be more, or not be less. */
  readonly at: 'most' | 'least'
}

export const ratio = (name: string, measured: number, compared: number, target: number): Line => ({
  name,
  measured,
  compared,
  unit: 'ms',
  value: measured / compared,
  target,
  at: 'most',
})

export const isMet = ({ value, target, at }: Line): boolean => (at === 'most' ? value <= target : value >= target)
