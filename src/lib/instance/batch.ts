import { CmuxError, isCmuxError } from '../errors.js'

/** So many at once: a node has three workers for calls that change something (PVE-FACTS, DESIGN 2). */
const WIDTH = 3

export type BatchOutcome<T> =
  | { readonly reference: string; readonly ok: true; readonly value: T }
  | { readonly reference: string; readonly ok: false; readonly error: CmuxError }

/**
 * Does the same to several containers (see `distinctContainers`), a few at a time, and lets the others finish when one fails. `report` hears of each as it
 * ends. The result is in the order given. An interruption ends them all.
 */
export async function runBatch<T>(
  references: readonly string[],
  run: (reference: string) => Promise<T>,
  report: (outcome: BatchOutcome<T>) => void,
): Promise<readonly BatchOutcome<T>[]> {
  const { default: pLimit } = await import('p-limit')
  const limit = pLimit(WIDTH)
  const runOne = async (reference: string): Promise<BatchOutcome<T>> => {
    const outcome = await run(reference).then(
      (value) => ({ reference, ok: true as const, value }),
      (error: unknown) => {
        if (!isCmuxError(error)) throw error
        return { reference, ok: false as const, error }
      },
    )
    report(outcome)
    return outcome
  }
  return Promise.all(references.map((reference) => limit(() => runOne(reference))))
}

/**
 * Of references to the same container the first: done twice at once, the same would get into its own way. One that names none, or several, stays:
 * whoever works on it says so. A VMID names what it says, so that only hostnames are looked up by `find`, and only beside others.
 */
export async function distinctContainers(
  references: readonly string[],
  find: (hostname: string) => Promise<{ readonly vmid: number }>,
): Promise<readonly string[]> {
  const { default: pLimit } = await import('p-limit')
  const limit = pLimit(WIDTH)
  const texts = [...new Set(references)]
  if (texts.length < 2) return texts
  const lookUp = async (text: string): Promise<number | undefined> => {
    if (/^\d+$/.test(text)) return Number(text)
    return find(text).then(
      ({ vmid }) => vmid,
      () => undefined,
    )
  }
  const vmids = await Promise.all(texts.map((text) => limit(() => lookUp(text))))
  return texts.filter((_text, index) => vmids[index] === undefined || vmids.indexOf(vmids[index]) === index)
}

/**
 * What a batch comes to: the value of a single one, else all of them. When any failed, an error with the exit code of the worst, which
 * carries every outcome as its data; of a single one its own error.
 */
export function settleBatch<T>(outcomes: readonly BatchOutcome<T>[], verb: string): T | readonly T[] {
  const failed = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]))
  const values = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : []))
  const [only] = outcomes
  if (outcomes.length === 1 && only !== undefined) {
    if (only.ok) return only.value
    throw only.error
  }
  const worst = failed.toSorted((a, b) => b.exitCode - a.exitCode)[0]
  if (worst === undefined) return values
  throw new CmuxError(worst.code, `Could not ${verb} ${failed.length} of ${outcomes.length} containers`, {
    exitCode: worst.exitCode,
    data: outcomes.map((outcome) =>
      outcome.ok
        ? { reference: outcome.reference, ok: true, data: outcome.value }
        : { reference: outcome.reference, ok: false, error: describeError(outcome.error) },
    ),
  })
}

const describeError = ({ code, message, hint, task }: CmuxError) => ({
  code,
  message,
  ...(hint !== undefined && { hint }),
  ...(task !== undefined && { task }),
})
