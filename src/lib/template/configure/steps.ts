import { CmuxError, type ErrorDetails, isCmuxError } from '../../errors.js'
import { explain } from '../../instance/task-step.js'
import { isDone } from '../recipe/plan.js'
import type { RecipeStep } from '../recipe/recipe.js'
import type { StepOutcome, StepPosition } from './events.js'
import { LastLines } from './last-lines.js'
import type { RecipeRecord } from './record.js'
import { runLogged, type Work } from './work.js'

/** Milliseconds that a check may take, and the pause before the second attempt of a step, which doubles each time. */
const CHECK_TIMEOUT = 120_000
const PAUSE = 2000

/**
 * Brings the steps about, in order: skips those that are done, repeats those that may be. The first that fails ends it, unless it is
 * optional. `force` is for steps that are wanted even though they are done. Errors tell how to resume, and hold what was done in `data`.
 */
export async function applySteps(
  work: Work,
  record: RecipeRecord,
  steps: readonly RecipeStep[],
  options: { readonly force: boolean },
): Promise<readonly StepOutcome[]> {
  const outcomes: StepOutcome[] = []
  for (const step of steps) {
    const position = { step, position: work.recipe.steps.indexOf(step) + 1, total: work.recipe.steps.length }
    try {
      outcomes.push(await applyStep(work, record, position, options))
    } catch (error) {
      throw withProgress(work, step, outcomes, error)
    }
  }
  return outcomes
}

async function applyStep(
  work: Work,
  record: RecipeRecord,
  position: StepPosition,
  options: { readonly force: boolean },
): Promise<StepOutcome> {
  const { clock, deadline, onEvent, signal } = work
  const { step } = position
  const { name, title } = step
  signal?.throwIfAborted()
  if (deadline.remaining() === 0) throw new CmuxError('timeout', `Not done after ${deadline.total / 1000} s`)
  const began = clock.now()
  if (!options.force && (await looksDone(work, record, position))) {
    const outcome = { name, title, result: 'skipped', milliseconds: clock.now() - began, attempts: 0 } as const
    onEvent({ type: 'ended', step: position, outcome, lines: [] })
    return outcome
  }
  onEvent({ type: 'started', step: position })
  const attempt = await attempts(work, position)
  const failed = attempt.problem !== undefined
  if (!failed) await record.add(step, clock)
  const outcome: StepOutcome = {
    name,
    title,
    result: failed ? 'failed' : 'done',
    milliseconds: clock.now() - began,
    attempts: attempt.count,
    ...(attempt.exitStatus !== undefined && { exitStatus: attempt.exitStatus }),
  }
  onEvent({ type: 'ended', step: position, outcome, lines: failed ? attempt.lines : [] })
  if (attempt.problem !== undefined) settleFailure(work, outcome, step, attempt.problem, attempt.lines)
  return outcome
}

async function looksDone(work: Work, record: RecipeRecord, position: StepPosition): Promise<boolean> {
  const { step } = position
  if (step.check === undefined) return isDone(step, { recorded: record.hashOf(step) })
  work.onEvent({ type: 'checking', step: position })
  const title = `check of step ${step.name}`
  return isDone(step, { check: await succeeds(work, step.check, { name: `${step.name}-check`, title }) })
}

async function succeeds(work: Work, script: string, about: { readonly name: string; readonly title: string }) {
  try {
    return (await runLogged(work, script, { ...about, timeout: CHECK_TIMEOUT })).exitStatus === 0
  } catch (error) {
    if (isCmuxError(error, 'timeout') && work.deadline.remaining() > 0) return false
    throw error
  }
}

interface Attempts {
  readonly count: number
  /** Absent: it went well. */
  readonly problem?: { readonly code: 'failed' | 'timeout'; readonly message: string }
  readonly exitStatus?: number
  readonly lines: readonly string[]
}

async function attempts(work: Work, position: StepPosition): Promise<Attempts> {
  const { step } = position
  for (let count = 1; ; count++) {
    const attempt = await attemptOnce(work, step, count)
    const { problem } = attempt
    if (problem === undefined || count > step.retries || work.deadline.remaining() === 0) return { ...attempt, count }
    work.onEvent({ type: 'repeating', step: position, problem: problem.message })
    await work.clock.sleep(Math.min(PAUSE * 2 ** (count - 1), work.deadline.remaining()), work.signal)
  }
}

async function attemptOnce(work: Work, step: RecipeStep, count: number): Promise<Omit<Attempts, 'count'>> {
  const title = `step ${step.name}${count === 1 ? '' : `, attempt ${count}`}`
  const lines = new LastLines((line) => work.onEvent({ type: 'output', line }))
  try {
    const { name, script, timeout } = step
    const { exitStatus } = await runLogged(work, script, { name, title, timeout, lines })
    const result = { exitStatus, lines: lines.all() }
    if (exitStatus === 0) return result
    return { ...result, problem: { code: 'failed', message: `it ended with status ${exitStatus}` } }
  } catch (error) {
    if (!isCmuxError(error, 'timeout')) throw error
    const limit = Math.min(step.timeout, work.deadline.total) / 1000
    return {
      lines: lines.all(),
      problem: { code: 'timeout', message: `it did not end within ${limit} s and was stopped` },
    }
  }
}

function settleFailure(
  work: Work,
  outcome: StepOutcome,
  step: RecipeStep,
  problem: { readonly code: 'failed' | 'timeout'; readonly message: string },
  lines: readonly string[],
): void {
  const attempted = outcome.attempts === 1 ? '' : ` (${outcome.attempts} attempts)`
  const message = `Step '${step.name}' (${step.title}) failed in ${work.subject}: ${problem.message}${attempted}`
  if (!step.optional) throw new CmuxError(problem.code, message, { data: { failed: outcome, output: lines } })
  work.onWarning?.(`${message}; the recipe can do without it`)
}

/** The same error with what was done before it, and how to go on. */
function withProgress(work: Work, step: RecipeStep, outcomes: readonly StepOutcome[], error: unknown): unknown {
  const details: ErrorDetails = { hint: `Resume with \`${work.resume(step.name)}\``, data: { steps: outcomes } }
  if (work.signal?.aborted) {
    const reason: unknown = work.signal.reason
    return new CmuxError('interrupted', `Interrupted in step '${step.name}', which was ended in ${work.subject}`, {
      ...details,
      ...(isCmuxError(reason) && { exitCode: reason.exitCode }),
    })
  }
  const known = isCmuxError(error) && typeof error.data === 'object' && error.data !== null ? error.data : {}
  const failed = 'failed' in known
  return explain(error, {
    ...(!failed && { message: `That was at step '${step.name}' of ${work.subject}` }),
    ...(details.hint !== undefined && { hint: details.hint }),
    data: { steps: outcomes },
  })
}
