import fc from 'fast-check'
import type { OpenPool } from '../../src/lib/pool/open-pool.js'
import { anyCase, type Case } from './case.js'
import { type Outcome, runCase } from './run-case.js'

/** A case that breaks an invariant, as small as it could be made. */
export interface Failure {
  readonly seed: number
  readonly violation: string
  readonly shrunk: Case
}

export interface Figures {
  cases: number
  steps: number
  /** How clients' requests ended. */
  readonly ends: Record<keyof Outcome['ends'], number>
}

export const noFigures = (): Figures => ({
  cases: 0,
  steps: 0,
  ends: { answered: 0, refused: 0, left: 0, unknown: 0 },
})

/** The case of a seed. */
export const caseOf = (seed: number): Case => fc.sample(anyCase, { seed, numRuns: 1 })[0] ?? missing()

/** Runs the case of a seed. When it breaks an invariant, looks for the smallest one that still does, for as long as `patience` (milliseconds) lasts. */
export async function trySeed(
  seed: number,
  options: { readonly openPool: OpenPool; readonly figures?: Figures; readonly patience?: number },
): Promise<Failure | undefined> {
  const { openPool, figures, patience = 60_000 } = options
  let violation = ''
  const property = fc.asyncProperty(anyCase, async (given) => {
    const outcome = await runCase(given, { openPool })
    if (figures !== undefined) count(figures, given, outcome)
    if (outcome.violation === undefined) return
    violation = outcome.violation
    throw new Error(violation)
  })
  const parameters = { seed, numRuns: 1, endOnFailure: patience === 0 }
  const details = await fc.check(property, {
    ...parameters,
    ...(patience > 0 && { interruptAfterTimeLimit: patience, markInterruptAsFailure: false }),
  })
  const [shrunk] = details.counterexample ?? []
  if (shrunk === undefined) return undefined
  const error = details.errorInstance
  return { seed, violation: error instanceof Error ? error.message : violation, shrunk }
}

function count(figures: Figures, given: Case, { ends }: Outcome): void {
  figures.cases++
  figures.steps += given.steps.length
  for (const end of ['answered', 'refused', 'left', 'unknown'] as const) figures.ends[end] += ends[end]
}

function missing(): never {
  throw new Error('fast-check made no case')
}
