import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { type Failure, type Figures, noFigures } from './search.js'

/** Seeds that a process takes at a time: few enough that all processes are busy to the end. */
const CHUNK = 20

export interface CampaignOptions {
  /** The bundle that runs cases. */
  readonly program: string
  /** Both included. */
  readonly first: number
  readonly last: number
  /** Processes at the same time. */
  readonly jobs: number
  /** How many failures end it. Default: 1. */
  readonly failures?: number
  /** Milliseconds to spend on making a failing case smaller. */
  readonly patience?: number
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
        const result = await runner.run(from, to)
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

interface ChunkResult {
  readonly figures: Figures
  readonly failures: readonly Failure[]
}

/** A process that runs one chunk after the other: by the second one its code is compiled. */
class Runner {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<number | null>

  constructor({ program, failures = 1, patience = 60_000 }: CampaignOptions) {
    const words = ['--failures', String(failures), '--patience', String(patience)]
    this.#child = spawn(process.execPath, [...NODE_OPTIONS, program, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('close', resolve)
    })
    // Told by `run`, which finds no line then.
    this.#ended.catch(() => {})
    this.#child.stdin.on('error', () => {})
  }

  async run(from: number, to: number): Promise<ChunkResult> {
    this.#child.stdin.write(`${from}-${to}\n`)
    const failures: Failure[] = []
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done === true) throw new Error(`the model ended with ${await this.#ended} in seeds ${from} to ${to}`)
      const message = JSON.parse(value) as { figures?: Figures; failure?: Failure }
      if (message.failure !== undefined) failures.push(message.failure)
      if (message.figures !== undefined) return { figures: message.figures, failures }
    }
  }

  /** Resolves when the process is gone. */
  async end(): Promise<void> {
    this.#child.stdin.end()
    await this.#ended.catch(() => null)
  }
}

/**
 * Much is made and forgotten at once: with room for that, a fifth of the time is saved. Nobody looks at the stacks of errors that are part of a
 * case: without them it is another seventh; a replay shows them.
 */
const NODE_OPTIONS = ['--max-semi-space-size=128', '--stack-trace-limit=0']

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
