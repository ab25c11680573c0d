import type { RecipeStep } from '../recipe/recipe.js'

/** What became of a step. */
export interface StepOutcome {
  readonly name: string
  readonly title: string
  /** `skipped`: it was done already. A step that failed although it may is `failed`, too. */
  readonly result: 'done' | 'skipped' | 'failed'
  readonly milliseconds: number
  readonly attempts: number
  /** Of the last attempt, when it ended by itself. */
  readonly exitStatus?: number
}

/** What a check of the recipe found. `detail` is the first line that it wrote, or the last one when it failed. */
export interface ValidationOutcome {
  readonly name: string
  readonly ok: boolean
  readonly optional: boolean
  readonly detail: string
}

/** How configuring gets on. */
export type ConfigureEvent =
  | { readonly type: 'checking' | 'started'; readonly step: StepPosition }
  | { readonly type: 'output'; readonly line: string }
  | { readonly type: 'repeating'; readonly step: StepPosition; readonly problem: string }
  | {
      readonly type: 'ended'
      readonly step: StepPosition
      readonly outcome: StepOutcome
      readonly lines: readonly string[]
    }
  | { readonly type: 'validated'; readonly outcome: ValidationOutcome }

/** A step and its place among those of the recipe, from 1. */
export interface StepPosition {
  readonly step: RecipeStep
  readonly position: number
  readonly total: number
}
