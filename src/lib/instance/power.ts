import { readSleep } from '../criu/sleep.js'
import { markAwake } from '../criu/sleep-mark.js'
import { CmuxError, isCmuxError } from '../errors.js'
import type { ContainerRef, Upid } from '../pve/client.js'
import { describe, findInstance } from './find.js'
import { deadlineIn, type Patience, type ServiceContext } from './service-context.js'
import { type Explanation, finishOrLook, headline, type Step, startTask } from './task-step.js'

/** What became of a request to start, stop or restart. */
export interface PowerOutcome {
  readonly vmid: number
  readonly name: string
  readonly node: string
  /** Absent when there was nothing to do. */
  readonly upid?: Upid
  /** Absent when nobody waited. */
  readonly status?: 'running' | 'stopped'
  /** False: it was in that state already. */
  readonly changed: boolean
}

/** Seconds that a container gets to shut down by itself, at most: Proxmox's own default. */
const SHUTDOWN_SECONDS = 60

/**
 * Starts a container; one that runs already is left alone. One that sleeps in a checkpoint is refused (`conflict`), for a start would lose
 * its memory: with `discardCheckpoint` it is started all the same, and no longer marked as asleep. One whose memory is stale, because others
 * have started it or rolled it back, is started with a warning.
 */
export async function startInstance(
  context: ServiceContext,
  reference: string,
  options: Patience & { readonly discardCheckpoint?: boolean },
): Promise<PowerOutcome> {
  const ct = await findInstance(context, reference)
  await leaveSleep(context, ct, options.discardCheckpoint ?? false)
  return changePower(
    context,
    ct,
    { verb: 'start', goal: 'running', send: () => context.client.containers.start(ct) },
    options,
  )
}

/** Nothing happens to a container that runs, or has no mark. */
async function leaveSleep(context: ServiceContext, ct: ContainerRef, discard: boolean): Promise<void> {
  const { client } = context
  const mark = await readSleep(client, ct, await client.containers.config(ct))
  if (mark === undefined || (await client.containers.status(ct)).status !== 'stopped') return
  if (mark.ended !== undefined) {
    context.onWarning?.(
      `${describe(ct)} slept in checkpoint ${mark.checkpoint}, which is stale: ${mark.ended.what}. It is booted without that memory`,
    )
  } else if (!discard) {
    throw new CmuxError(
      'conflict',
      `${describe(ct)} sleeps in checkpoint ${mark.checkpoint}: a start would boot it without its memory`,
      {
        hint: `Wake it: cmux-pve criu restore ${ct.vmid}. To lose its memory: cmux-pve instance start ${ct.vmid} --discard-checkpoint`,
        data: { vmid: ct.vmid, node: ct.node, checkpoint: mark.checkpoint, checkpointNode: mark.node },
      },
    )
  }
  await markAwake(client, ct, mark.checkpoint)
}

/**
 * Stops a container: asks it to shut down, or with `force` ends it at once. One that is stopped already is left alone.
 * A container that does not shut down in time keeps running: `timeout`.
 */
export async function stopInstance(
  context: ServiceContext,
  reference: string,
  options: Patience & { readonly force: boolean },
): Promise<PowerOutcome> {
  const { containers } = context.client
  const ct = await findInstance(context, reference)
  if (options.force) {
    return changePower(context, ct, { verb: 'stop', goal: 'stopped', send: () => containers.stop(ct) }, options)
  }
  const timeout = shutdownSeconds(options)
  const shutdown = { verb: 'shut down', goal: 'stopped', send: () => containers.shutdown(ct, { timeout }) } as const
  try {
    return await changePower(context, ct, shutdown, options)
  } catch (error) {
    if (!isCmuxError(error) || !error.task?.exitStatus?.includes('container did not stop')) throw error
    throw new CmuxError('timeout', `${describe(ct)} did not shut down in time and is still running`, {
      hint: `Wait longer with --timeout, or end it at once: cmux-pve instance stop ${ct.vmid} --force`,
      task: error.task,
      cause: error,
    })
  }
}

/** Restarts a container: shuts it down, by force after a while, and starts it again. A stopped one is started, unless it sleeps. */
export async function restartInstance(
  context: ServiceContext,
  reference: string,
  patience: Patience,
): Promise<PowerOutcome> {
  const { containers } = context.client
  const ct = await findInstance(context, reference)
  const timeout = shutdownSeconds(patience)
  const reboot = { verb: 'restart', goal: 'running', send: () => containers.reboot(ct, { timeout }) } as const
  try {
    const outcome = await changePower(context, ct, reboot, patience)
    // The reboot task does nothing, successfully, when the container stops in the meantime (PVE-FACTS 3.6).
    if (outcome.status === undefined || context.client.dryRun || (await containers.status(ct)).status === 'running')
      return outcome
  } catch (error) {
    if (!isCmuxError(error, 'conflict') || (await containers.status(ct)).status !== 'stopped') throw error
  }
  return startInstance(context, String(ct.vmid), patience)
}

interface PowerChange {
  /** Word that follows "to". */
  readonly verb: string
  readonly goal: 'running' | 'stopped'
  readonly send: () => Promise<Upid>
}

async function changePower(
  context: ServiceContext,
  ct: ContainerRef,
  change: PowerChange,
  patience: Patience,
): Promise<PowerOutcome> {
  const { vmid, name, node } = ct
  const deadline = deadlineIn(context.clock, patience.timeout)
  const step: Step = { purpose: `${change.verb} ${describe(ct)}`, subject: { vmid, node } }
  let upid: Upid
  try {
    upid = await startTask(context, step, change.send)
  } catch (error) {
    // Proxmox refuses at once what is the case already: `CT 101 already running` (PVE-FACTS 3.6).
    if (!isCmuxError(error, 'conflict') || (await context.client.containers.status(ct)).status !== change.goal)
      throw error
    return { vmid, name, node, status: change.goal, changed: false }
  }
  if (!patience.wait) return { vmid, name, node, upid, changed: true }
  // Not before: there was something to do, and it is begun.
  context.onProgress?.(headline(step))
  await finishOrLook(context, step, upid, deadline, () => stateNow(context, ct))
  return { vmid, name, node, upid, status: change.goal, changed: true }
}

/** A failed task says nothing about what it has done: a killed one may have done everything. */
async function stateNow({ client }: ServiceContext, ct: ContainerRef): Promise<Explanation> {
  const now = await client.containers.status(ct).catch(() => undefined)
  if (now === undefined) return {}
  const lock = now.lock === undefined ? '' : ` and locked (${now.lock})`
  return { message: `Container ${ct.vmid} is ${now.status} now${lock}` }
}

/**
 * Proxmox waits twice: for the shutdown itself, and then as long again plus 5 s for the end of the container (PVE-FACTS 3.6). Both
 * must fit into the time that the caller gives.
 */
function shutdownSeconds(patience: Patience): number {
  const seconds = Math.floor((patience.timeout / 1000 - 5) / 2)
  return Math.min(SHUTDOWN_SECONDS, Math.max(1, seconds))
}
