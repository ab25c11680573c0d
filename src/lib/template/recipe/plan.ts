import { CmuxError } from '../../errors.js'
import { nearest } from '../../nearest.js'
import { type Recipe, type RecipeStep, stepHash } from './recipe.js'

/** Which steps of a recipe somebody wants. */
export interface Selection {
  /** The first one. */
  readonly from?: string | undefined
  /** This one alone, whether it is done already or not. */
  readonly only?: string | undefined
}

/** The steps that are wanted, in order. A name that the recipe does not have: `usage`. */
export function selectSteps(recipe: Recipe, { from, only }: Selection): readonly RecipeStep[] {
  if (only !== undefined) return [recipe.steps[indexOf(recipe, only)]].filter((step) => step !== undefined)
  return from === undefined ? recipe.steps : recipe.steps.slice(indexOf(recipe, from))
}

/**
 * Whether a step is done. Its check has the last word; without one it counts that this very script went well here before (`recorded` is
 * the hash of the one that did).
 */
export function isDone(
  step: RecipeStep,
  known: { readonly check?: boolean; readonly recorded?: string | undefined },
): boolean {
  return known.check ?? known.recorded === stepHash(step)
}

function indexOf({ name, steps }: Recipe, wanted: string): number {
  const names = steps.map((step) => step.name)
  const index = names.indexOf(wanted)
  if (index >= 0) return index
  const [guess] = nearest(wanted, names)
  throw new CmuxError('usage', `Recipe ${name} has no step '${wanted}'`, {
    hint: `${guess === undefined ? '' : `Did you mean '${guess}'? `}Its steps are: ${names.join(', ')}.`,
  })
}
