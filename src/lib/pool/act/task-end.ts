import { isCmuxError } from '../../errors.js'
import { isSuccess, type Upid } from '../../pve/client.js'
import type { ActContext } from './act-context.js'

/** Milliseconds between two looks at a task: for the first seconds, and in the long run. */
const FIRST_PAUSE = 15
const QUICK = 3_000
const LAST_PAUSE = 500
/** Of the time that such a task takes, this much is slept through at first; after that it is looked at every so much of it, but not more often than that. */
const EXPECTED_PART = 0.85
const LOOK_PART = 0.04
const LEAST_PAUSE = 5
/** How long a node may be silent about a task. */
const SILENCE = 120_000

/**
 * Waits until a task has ended well. `what` names tasks of one kind, whose time is measured. Errors as of `client.tasks.wait`: what the exit text
 * stands for; `unavailable` when the node stays silent, and then nobody knows.
 */
export async function taskEnd(context: ActContext, upid: Upid, what: string): Promise<void> {
  const { client, clock, signal, pace } = context
  const began = clock.steady()
  let lastHeard = began
  const expected = pace.of(what) ?? 0
  const often = expected === 0 ? FIRST_PAUSE : Math.min(FIRST_PAUSE, Math.max(LEAST_PAUSE, expected * LOOK_PART))
  let pause = Math.max(often, expected * EXPECTED_PART)
  for (;;) {
    await clock.sleep(pause, signal)
    const elapsed = clock.steady() - began
    pause = elapsed < QUICK ? often : Math.min(LAST_PAUSE, elapsed / 20)
    try {
      const { status, exitStatus = '' } = await client.tasks.status(upid)
      if (status === 'stopped') {
        if (!isSuccess(exitStatus)) break
        pace.measured(what, clock.steady() - began)
        return
      }
      lastHeard = clock.steady()
    } catch (error) {
      signal.throwIfAborted()
      if (!isCmuxError(error, 'unavailable', 'timeout') || clock.steady() - lastHeard > SILENCE) throw error
      pause = LAST_PAUSE
    }
  }
  await client.tasks.wait(upid, { signal })
}
