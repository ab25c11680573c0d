import { CmuxError, isCmuxError } from '../../errors.js'
import type { Validation } from '../recipe/recipe.js'
import type { ValidationOutcome } from './events.js'
import { runLogged, type Work } from './work.js'

/** Milliseconds for one check, for all services of a container that has just booted to come up, and between two looks. */
const CHECK_TIMEOUT = 60_000
const BOOT = 60_000
const PAUSE = 2000

/**
 * Runs the recipe's own checks. `booted`: the container has just been started, so what is not there yet may still come. Resolves when
 * all went well but optional ones, which are warnings; else `failed`, which names them.
 */
export async function validateRecipe(
  work: Work,
  { booted }: { readonly booted: boolean },
): Promise<readonly ValidationOutcome[]> {
  const end = work.clock.now() + (booted ? BOOT : 0)
  const outcomes: ValidationOutcome[] = []
  for (const validation of work.recipe.validations) {
    let outcome = await look(work, validation)
    while (!outcome.ok && !outcome.optional && work.clock.now() < end) {
      await work.clock.sleep(PAUSE, work.signal)
      outcome = await look(work, validation)
    }
    outcomes.push(outcome)
    work.onEvent({ type: 'validated', outcome })
  }
  report(work, outcomes)
  return outcomes
}

async function look(work: Work, { name, script, optional }: Validation): Promise<ValidationOutcome> {
  const options = { name, title: `validation ${name}`, timeout: CHECK_TIMEOUT }
  try {
    const { exitStatus, lines } = await runLogged(work, script, options)
    return {
      name,
      ok: exitStatus === 0,
      optional,
      detail: lines.at(-1) ?? (exitStatus === 0 ? '' : `status ${exitStatus}`),
    }
  } catch (error) {
    if (!isCmuxError(error, 'timeout')) throw error
    return { name, ok: false, optional, detail: error.message }
  }
}

function report(work: Work, outcomes: readonly ValidationOutcome[]): void {
  const missing = outcomes.filter(({ ok }) => !ok)
  for (const { name, detail } of missing.filter(({ optional }) => optional)) {
    work.onWarning?.(`Check '${name}' failed in ${work.subject}: ${detail}; the recipe can do without it`)
  }
  const failed = missing.filter(({ optional }) => !optional)
  if (failed.length === 0) return
  const names = failed.map(({ name }) => name).join(', ')
  throw new CmuxError('failed', `${work.subject} is not what recipe ${work.recipe.name} promises: ${names}`, {
    hint: 'Configure it, and see the log if that does not help.',
    data: { validation: outcomes },
  })
}
