import type { Case, Step } from './case.js'

/**
 * Makes a failing case smaller for as long as `goOn` says so: drops steps, halves first, in a way that the others still happen when
 * they did, and leaves out what a step can do without. `fails` says whether a case still shows the failure.
 */
export async function shrink(
  given: Case,
  fails: (candidate: Case) => Promise<boolean>,
  goOn: () => boolean,
): Promise<Case> {
  let smallest = given
  const take = async (candidate: Case) => {
    if (!goOn() || !(await fails(candidate))) return false
    smallest = candidate
    return true
  }
  for (let before: Case | undefined; before !== smallest && goOn(); ) {
    before = smallest
    for (let size = Math.ceil(smallest.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < smallest.steps.length && goOn(); ) {
        const { steps } = smallest
        if (!(await take({ ...smallest, steps: without(steps, from, size) }))) from += size
      }
    }
    if (smallest.nodes === 2) await take({ ...smallest, nodes: 1 })
    for (let index = 0; index < smallest.steps.length && goOn(); index++) {
      for (const plainer of plainerSteps(smallest.steps[index])) {
        await take({ ...smallest, steps: smallest.steps.with(index, plainer) })
      }
    }
  }
  return smallest
}

/** Without `size` steps, whose time passes before the next one. */
function without(steps: readonly Step[], from: number, size: number): readonly Step[] {
  const dropped = steps.slice(from, from + size).reduce((sum, { wait }) => sum + wait, 0)
  const [next, ...rest] = steps.slice(from + size)
  return [...steps.slice(0, from), ...(next === undefined ? [] : [{ ...next, wait: next.wait + dropped }, ...rest])]
}

function* plainerSteps(step: Step | undefined): Iterable<Step> {
  if (step?.do !== 'allocate') return
  const { leaves: _leaves, ...patient } = step
  if (step.leaves !== undefined) yield patient
  const { ttl: _ttl, ...lasting } = step
  if (step.ttl !== undefined) yield lasting
  if (step.retries > 0) yield { ...step, retries: 0 }
}
