import { formatDuration } from '../duration.js'
import type { RecipeStep } from '../template/recipe/recipe.js'
import type { Column } from './output.js'

export const STEP_COLUMNS: readonly Column<RecipeStep>[] = [
  { header: 'STEP', value: ({ name }) => name },
  { header: 'WHAT', value: ({ title }) => title },
  { header: 'CHECK', value: ({ check }) => (check === undefined ? 'no' : 'yes') },
  { header: 'TIMEOUT', value: ({ timeout }) => formatDuration(timeout), align: 'right' },
  { header: 'RETRIES', value: ({ retries }) => retries, align: 'right' },
  { header: 'OPTIONAL', value: ({ optional }) => (optional ? 'yes' : 'no') },
]

/** A step for programs, without its scripts. Milliseconds. */
export const stepData = ({ name, title, check, timeout, retries, optional }: RecipeStep) => ({
  ...{ name, title, timeout, retries, optional },
  check: check !== undefined,
})
