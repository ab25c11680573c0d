import fc from 'fast-check'
import type { OpenPool } from '../../src/lib/pool/open-pool.js'
import { anyCase, type Case } from './case.js'
import { type Outcome, runCase } from './run-case.js'
import { shrink } from './shrink.js'

/** A case that breaks an invariant, as small as it could be made. */
export interface Failure {
  readonly seed: number
  readonly violation: string
  readonly shrunk: Case
}

export interface Figures {
  cases: number
  steps: number
  requests: number
  /** How clients' requests ended. */
  readonly ends: Record<keyof Outcome['ends'], number>
}

export const noFigures = (): Figures => ({
  cases: 0,
  steps: 0,
  requests: 0,
  ends: { answered: 0, refused: 0, left: 0, unknown: 0 },
})

/** The case of a seed. */
export const caseOf = (seed: number): Case => fc.sample(anyCase, { seed, numRuns: 1 })[0] ?? missing()

interface TryOptions {
  readonly openPool: OpenPool
  readonly figures?: Figures
  /** Milliseconds to spend on making a failing case smaller. */
  readonly patience?: number
}

/** Runs the case of a seed. When it breaks an invariant, looks for the smallest one that still breaks the same one. */
export async function trySeed(seed: number, options: TryOptions): Promise<Failure | undefined> {
  const { openPool, figures, patience = 60_000 } = options
  let violation: string | undefined
  const property = fc.asyncProperty(anyCase, async (given) => {
    const outcome = await runCase(given, { openPool })
    if (figures !== undefined) count(figures, given, outcome)
    violation = outcome.violation
    return violation === undefined
  })
  const { counterexample } = await fc.check(property, { seed, numRuns: 1, endOnFailure: true })
  const [given] = counterexample ?? []
  if (given === undefined) return undefined
  const kind = kindOf(violation)
  const began = performance.now()
  const fails = async (candidate: Case) => {
    const outcome = await runCase(candidate, { openPool })
    if (kindOf(outcome.violation) !== kind) return false
    violation = outcome.violation
    return true
  }
  const shrunk = await shrink(given, fails, () => performance.now() - began < patience)
  return { seed, violation: violation ?? '', shrunk }
}

/** What a violation is about, without the names and numbers of those concerned. */
const kindOf = (violation: string | undefined): string | undefined =>
  violation?.replaceAll(/[a-z]?\d[\w.]*/g, 'N').slice(0, 80)

function count(figures: Figures, given: Case, { ends, requests }: Outcome): void {
  figures.cases++
  figures.steps += given.steps.length
  figures.requests += requests
  for (const end of ['answered', 'refused', 'left', 'unknown'] as const) figures.ends[end] += ends[end]
}

function missing(): never {
  throw new Error('fast-check made no case')
}
