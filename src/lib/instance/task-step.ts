import { CmuxError, type ErrorDetails, isCmuxError } from '../errors.js'
import { parseUpid, type TaskResult, type Upid } from '../pve/client.js'
import type { Deadline, ServiceContext } from './service-context.js'

/** What a step is about, for messages and for programs. */
export interface Step {
  /** Words that follow "to": `start container 101 (web) on node pve1`. */
  readonly purpose: string
  /** What the step concerns, as the error's `data`. */
  readonly subject: { readonly vmid?: number; readonly node: string }
}

/** The purpose as progress shows it. */
export const headline = ({ purpose }: Step): string => capitalised(purpose)

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Sends the call that starts a task. Interrupted in the middle of it, nobody knows whether Proxmox got it, and the error says so. */
export async function startTask(context: ServiceContext, step: Step, send: () => Promise<Upid>): Promise<Upid> {
  context.signal?.throwIfAborted()
  try {
    return await send()
  } catch (error) {
    if (!context.signal?.aborted) throw error
    throw interrupted(context, `Interrupted while asking to ${step.purpose}: it may still be done`, {
      hint: `Look at the task list of node ${step.subject.node}.`,
      data: step.subject,
    })
  }
}

/**
 * Waits for a task; its warnings go to the caller. Errors: `task-failed` and its finer forms; `timeout` and `interrupted`, which say
 * that the task goes on and carry its UPID.
 */
export async function finishTask(
  context: ServiceContext,
  step: Step,
  upid: Upid,
  deadline: Deadline,
): Promise<TaskResult> {
  const data = { ...step.subject, upid }
  const goesOn = `the task to ${step.purpose} goes on: ${upid}`
  const hint = `Follow it in the task list of node ${parseUpid(upid).node}.`
  try {
    const result = await context.client.tasks.wait(upid, {
      timeout: deadline.remaining(),
      ...(context.signal !== undefined && { signal: context.signal }),
    })
    for (const warning of result.warnings) context.onWarning?.(warning)
    return result
  } catch (error) {
    if (context.signal?.aborted) throw interrupted(context, `Interrupted, but ${goesOn}`, { hint, data })
    if (!isCmuxError(error, 'timeout')) throw error
    throw new CmuxError('timeout', `Not done after ${deadline.total / 1000} s; ${goesOn}`, { hint, data, cause: error })
  }
}

/**
 * The same, and the error of a task that has failed also says what `look` finds: the task may have done all of it, a part or nothing.
 */
export async function finishOrLook(
  context: ServiceContext,
  step: Step,
  upid: Upid,
  deadline: Deadline,
  look: () => Promise<Explanation>,
): Promise<void> {
  try {
    await finishTask(context, step, upid, deadline)
  } catch (error) {
    if (isCmuxError(error, 'timeout', 'interrupted')) throw error
    throw explain(error, await look())
  }
}

export interface Explanation {
  readonly message?: string
  readonly hint?: string
  readonly data?: object
}

/** The same error with more to say: what is the state now, and what can be done about it. */
export function explain(error: unknown, more: Explanation): unknown {
  if (!isCmuxError(error)) return error
  const sentences = (...texts: readonly (string | undefined)[]) =>
    texts.flatMap((text) => (text === undefined ? [] : [capitalised(text).replace(/[.\s]*$/, '.')])).join(' ')
  const message = more.message === undefined ? error.message : sentences(error.message, more.message)
  const hint = sentences(error.hint, more.hint)
  const known = typeof error.data === 'object' ? error.data : undefined
  return new CmuxError(error.code, message, {
    exitCode: error.exitCode,
    ...(hint !== '' && { hint }),
    ...(error.task !== undefined && { task: error.task }),
    ...((known ?? more.data) !== undefined && { data: { ...more.data, ...known } }),
    cause: error,
  })
}

function interrupted(context: ServiceContext, message: string, details: ErrorDetails): CmuxError {
  const reason: unknown = context.signal?.reason
  const exitCode = isCmuxError(reason) ? { exitCode: reason.exitCode } : {}
  return new CmuxError('interrupted', message, { ...details, ...exitCode, cause: reason })
}
