import { Runner, type RunnerOptions } from './runner.js'
import { type Failure, type Figures, noFigures } from './search.js'

/** Seeds that a process takes at a time: few enough that all processes are busy to the end. */
const CHUNK = 20

export interface CampaignOptions extends RunnerOptions {
  /** Both included. */
  readonly first: number
  readonly last: number
  /** Processes at the same time. */
  readonly jobs: number
  /** Told of every chunk that is done. */
  readonly onProgress?: (progress: Progress) => void
}

export interface Progress {
  /** All seeds up to this one are done. */
  readonly reached: number
  readonly figures: Figures
  readonly failures: readonly Failure[]
}

/** Runs the cases of many seeds in several processes. Rejects when one of them ends in a way that is not foreseen. */
export async function runCampaign(options: CampaignOptions): Promise<Progress> {
  const { first, last, jobs, failures: limit = 1, onProgress } = options
  const figures = noFigures()
  const failures: Failure[] = []
  const done = new Set<number>()
  let next = first
  let reached = first - 1
  const work = async () => {
    const runner = new Runner(options)
    try {
      while (next <= last && failures.length < limit) {
        const from = next
        const to = Math.min(last, from + CHUNK - 1)
        next = to + 1
        const result = await runner.search(from, to)
        add(figures, result.figures)
        failures.push(...result.failures)
        done.add(from)
        while (done.has(reached + 1)) reached = Math.min(last, reached + CHUNK)
        onProgress?.({ reached, figures, failures })
      }
    } finally {
      await runner.end()
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return { reached, figures, failures }
}

function add(sum: Figures, more: Figures): void {
  sum.cases += more.cases
  sum.steps += more.steps
  sum.requests += more.requests
  for (const end of ['answered', 'refused', 'left', 'unknown'] as const) sum.ends[end] += more.ends[end]
}

/** What a failing seed says to whoever has to find out why. */
export const failureText = ({ seed, violation, shrunk }: Failure): string =>
  [
    `seed ${seed}: ${violation}`,
    '',
    `the smallest case that still shows it (${shrunk.steps.length} steps):`,
    JSON.stringify(shrunk),
    '',
    'to see all that happens in it, put it into a file:  npm run model -- --case FILE',
    `to look for it again:  npm run model -- --first ${seed} --seeds 1`,
  ].join('\n')
