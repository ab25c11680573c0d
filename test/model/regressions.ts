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
  {
    name: 'a destroy that was marked by a daemon which died before it could delete',
    given: {
      seed: 15,
      nodes: 1,
      policy: { min: 0, target: 1, max: 3, hot: 0, release: 'destroy' },
      steps: [
        { wait: 24821, do: 'allocate', daemon: 2, instance: 0, start: true, timeout: 37559, leaves: 10, retries: 0 },
        { wait: 204, do: 'allocate', daemon: 0, instance: 1, start: false, ttl: 2, timeout: 28031, retries: 0 },
        { wait: 0, do: 'wire', daemon: 1, target: 'change', fault: 'crash-late', nth: 3, ms: 5 },
        { wait: 5942, do: 'allocate', daemon: 1, instance: 2, start: true, timeout: 39445, retries: 0 },
      ],
    },
  },
  {
    name: 'a power cut that forgets the claim while its container starts',
    given: {
      seed: 65535,
      nodes: 1,
      policy: { min: 0, target: 3, max: 8, hot: 1, release: 'rollback' },
      steps: [
        { wait: 78251, do: 'start-fails', times: 1 },
        { wait: 56791, do: 'allocate', daemon: 1, start: true, timeout: 7188, retries: 0 },
        { wait: 83, do: 'allocate', daemon: 1, instance: 3, start: true, timeout: 14963, retries: 0 },
        { wait: 238, do: 'power-cut', writes: 1, down: 807 },
      ],
    },
  },
  {
    name: 'an empty list in answer to the look for what an instance holds elsewhere',
    given: {
      seed: 2,
      nodes: 1,
      policy: { min: 1, target: 3, max: 4, hot: 1, release: 'rollback' },
      steps: [
        { wait: 30, do: 'allocate', daemon: 1, instance: 2, start: false, timeout: 29456, retries: 0 },
        { wait: 2272, do: 'empty-list', daemon: 0 },
        { wait: 5, do: 'allocate', daemon: 0, instance: 2, start: true, timeout: 7774, retries: 0 },
      ],
    },
  },
  {
    name: 'a hot container that somebody stopped and started anew seconds after it became hot',
    given: {
      seed: 9,
      nodes: 1,
      policy: { min: 1, target: 1, max: 3, hot: 1, release: 'destroy' },
      steps: [
        { wait: 12809, do: 'guest', pick: 0, what: 'exit' },
        { wait: 2, do: 'guest', pick: 3, what: 'start' },
        { wait: 15420, do: 'allocate', daemon: 1, instance: 0, start: true, timeout: 24335, retries: 0 },
      ],
    },
  },
  {
    name: 'a template whose lock stays: it is asked about from time to time, not without end',
    given: {
      seed: 15,
      nodes: 1,
      policy: { min: 2, target: 2, max: 2, hot: 2, release: 'rollback' },
      steps: [{ wait: 37075, do: 'lock', pick: 6, word: 'snapshot' }],
    },
  },
  {
    name: 'a clone whose answer comes when its container was finished and given to somebody',
    given: {
      seed: 22103,
      nodes: 1,
      policy: { min: 0, target: 3, max: 3, hot: 1, release: 'destroy' },
      steps: [
        { wait: 6, do: 'wire', daemon: 1, target: 'clone', fault: 'late-answer', nth: 3, ms: 29994 },
        { wait: 13944, do: 'allocate', daemon: 1, instance: 2, start: false, timeout: 501, retries: 0 },
      ],
    },
  },
  {
    name: 'a claim that is being given up and taken up again by the same request, which then leaves',
    given: {
      seed: 372,
      nodes: 1,
      policy: { min: 0, target: 3, max: 6, hot: 1, release: 'rollback' },
      steps: [
        { wait: 205, do: 'allocate', daemon: 2, instance: 0, start: true, timeout: 39997, leaves: 12, retries: 0 },
        { wait: 0, do: 'guest', pick: 0, what: 'exit' },
        { wait: 6, do: 'allocate', daemon: 1, start: false, timeout: 34588, retries: 0 },
      ],
    },
  },
]

interface Regression {
  /** What it was about. */
  readonly name: string
  readonly given: Case
}
