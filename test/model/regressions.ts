import type { Case } from './case.js'

/** Cases that broke the pool once. */
export const REGRESSIONS: readonly [Regression, ...Regression[]] = [
  {
    name: 'a crash between the claim and its answer',
    given: {
      seed: 1,
      nodes: 1,
      policy: { min: 1, target: 2, max: 4, hot: 0, release: 'rollback' },
      steps: [
        { wait: 5000, do: 'wire', daemon: 0, target: 'config', fault: 'crash-after', nth: 1, ms: 10 },
        { wait: 1, do: 'allocate', daemon: 0, instance: 0, start: true, timeout: 5000, retries: 3 },
        { wait: 5000, do: 'allocate', daemon: 2, instance: 1, start: true, timeout: 5000, retries: 3 },
        { wait: 1000, do: 'release', daemon: 1, pick: 0 },
      ],
    },
  },
]

interface Regression {
  /** What it was about. */
  readonly name: string
  readonly given: Case
}
