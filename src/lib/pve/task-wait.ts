import { CmuxError, type FailedTask, isCmuxError } from '../errors.js'
import type { Api } from './api.js'
import { apiPath } from './encoding.js'
import { classifyText } from './errors.js'
import { isSuccess, type TaskStatus, taskStatus } from './task-data.js'
import { LogFollower, readLogEnd } from './task-log.js'
import { isSyntheticUpid, parseUpid, type Upid } from './upid.js'

export interface WaitOptions {
  /** Milliseconds. The task goes on after it. */
  readonly timeout?: number
  /** Aborting ends the waiting, not the task. */
  readonly signal?: AbortSignal
  /** Told of each line of the log as it comes. */
  readonly onLog?: (line: string) => void
}

/** How a task ended well. */
export interface TaskResult {
  readonly upid: Upid
  /** `OK` or `WARNINGS: n` */
  readonly exitStatus: string
  readonly warnings: readonly string[]
  /** The end of its log. */
  readonly log: readonly string[]
}

const FIRST_PAUSE = 50
const LONGEST_PAUSE = 1_000
/** How long a node may be silent while a task of it is waited for: enough for a restart of its API. */
const SILENCE = 30_000
const LOG_LINES = 100
/** Warnings may stand anywhere in a log. */
const WARNING_LINES = 5_000
const WARNING = 'WARN: '
/** Lines of the log that an error shows. */
const ERROR_LINES = 20

/**
 * Waits until a task has ended. Throws, with `task` holding its UPID and the end of its log: `task-failed` or, when its
 * exit text says more, the code that the text stands for (`storage-full`, `locked`, …); `timeout`; `unavailable` when
 * its node stops answering. Aborting rejects with the signal's reason.
 */
export async function waitForTask(api: Api, upid: Upid, options: WaitOptions = {}): Promise<TaskResult> {
  options.signal?.throwIfAborted()
  if (isSyntheticUpid(upid)) return { upid, exitStatus: 'OK', warnings: [], log: [] }
  const over = new AbortController()
  const ends = options.signal === undefined ? over.signal : AbortSignal.any([over.signal, options.signal])
  if (options.timeout !== undefined) abortAfter(api, upid, options.timeout, over)
  try {
    const ended = await pollUntilStopped(api, upid, ends, options.onLog)
    return await judge(api, ended, ends)
  } finally {
    over.abort()
  }
}

function abortAfter(api: Api, upid: Upid, timeout: number, over: AbortController): void {
  api.clock.sleep(timeout, over.signal).then(
    () =>
      over.abort(
        new CmuxError('timeout', `${describeTask(upid)} still runs after ${timeout / 1000} s`, {
          hint: 'It goes on in the node.',
          task: { upid, node: parseUpid(upid).node, log: [] },
        }),
      ),
    () => undefined,
  )
}

async function pollUntilStopped(
  api: Api,
  upid: Upid,
  signal: AbortSignal,
  onLog: WaitOptions['onLog'],
): Promise<TaskStatus> {
  const { node } = parseUpid(upid)
  const follower = onLog === undefined ? undefined : new LogFollower(api, upid)
  let pause = FIRST_PAUSE
  let lastHeard = api.clock.now()
  for (;;) {
    try {
      const status = await api.get(apiPath`/nodes/${node}/tasks/${upid}/status`, taskStatus, { signal })
      if (onLog !== undefined && follower !== undefined) for (const line of await follower.next(signal)) onLog(line)
      if (status.status === 'stopped') return status
      lastHeard = api.clock.now()
    } catch (error) {
      signal.throwIfAborted()
      if (!isCmuxError(error, 'unavailable', 'timeout')) throw error
      if (api.clock.now() - lastHeard > SILENCE) throw lostSight(upid, error)
    }
    await api.clock.sleep(pause, signal)
    pause = Math.min(pause * 1.5, LONGEST_PAUSE)
  }
}

async function judge(api: Api, status: TaskStatus, signal: AbortSignal): Promise<TaskResult> {
  const exitStatus = status.exitStatus ?? 'unexpected status'
  const withWarnings = isSuccess(exitStatus) && exitStatus !== 'OK'
  const log = await readLogEnd(api, status.upid, withWarnings ? WARNING_LINES : LOG_LINES, signal).catch(() => {
    signal.throwIfAborted()
    return [] // How the task ended is known: that its log cannot be read changes nothing.
  })
  if (!isSuccess(exitStatus)) throw failure(status, exitStatus, log)
  const warnings = withWarnings ? log.filter((line) => line.startsWith(WARNING)) : []
  return { upid: status.upid, exitStatus, warnings: warnings.map((line) => line.slice(WARNING.length)), log }
}

function failure(status: TaskStatus, exitStatus: string, log: readonly string[]): CmuxError {
  const task: FailedTask = { upid: status.upid, node: status.node, exitStatus, log: log.slice(-ERROR_LINES) }
  const what = describeTask(status.upid)
  if (exitStatus === 'unexpected status') {
    return new CmuxError(
      'task-failed',
      `${what} ended without a result: its worker was killed, or the node went down`,
      {
        hint: `Locks that it held may have stayed: see \`pct config ${status.id || 'VMID'}\` on the node, \`pct unlock ${status.id || 'VMID'}\` removes one.`,
        task,
      },
    )
  }
  // The exit text may only name a command that failed; why, is in the log.
  const known = classifyText(exitStatus, status.id) ?? onlyStorageFull(log)
  const interrupted = /received interrupt|interrupted by signal/.test(exitStatus)
  const hint = known?.hint ?? (interrupted ? 'Somebody stopped the task.' : undefined)
  return new CmuxError(known?.code ?? 'task-failed', `${what} failed: ${exitStatus}`, {
    task,
    ...(hint !== undefined && { hint }),
  })
}

function onlyStorageFull(log: readonly string[]): ReturnType<typeof classifyText> {
  const known = classifyText(log.join('\n'))
  return known?.code === 'storage-full' ? known : undefined
}

function lostSight(upid: Upid, error: CmuxError): CmuxError {
  const { node } = parseUpid(upid)
  return new CmuxError('unavailable', `node ${node} no longer answers about ${describeTask(upid)}: ${error.message}`, {
    hint: 'The task may go on. When the node is back, its task list tells how it ended.',
    task: { upid, node, log: [] },
    cause: error,
  })
}

/** `the task vzclone of 9000 on node pve1` */
function describeTask(upid: string): string {
  const { type, id, node } = parseUpid(upid)
  return `the task ${type}${id === '' ? '' : ` of ${id}`} on node ${node}`
}
