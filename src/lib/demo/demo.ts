import { isCmuxError } from '../errors.js'
import type { Stage, StepResult } from './step.js'
import { STEPS } from './steps.js'

/** Hears of a step when it begins, and is told how it ended. */
export interface StepProgress {
  succeed(text: string): void
  fail(text: string): void
}

/**
 * Plays the steps in order and returns what became of them. The first that fails ends the demo, since the others build on it.
 * An interruption is thrown.
 */
export async function playDemo(stage: Stage, begin: (title: string) => StepProgress): Promise<readonly StepResult[]> {
  const { clock } = stage.context
  const results: StepResult[] = []
  for (const { title, command, run } of STEPS) {
    const progress = begin(title)
    const began = clock.now()
    const { ok, detail } = await outcome(run(stage))
    progress[ok ? 'succeed' : 'fail'](`${title}: ${detail}`)
    const milliseconds = clock.now() - began
    results.push({ title, ...(command !== undefined && { command }), ok, detail, milliseconds })
    if (!ok) break
  }
  return results
}

async function outcome(step: Promise<string>): Promise<Pick<StepResult, 'ok' | 'detail'>> {
  try {
    return { ok: true, detail: await step }
  } catch (error) {
    if (isCmuxError(error, 'interrupted')) throw error
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}
