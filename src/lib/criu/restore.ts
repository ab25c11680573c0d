import { CmuxError } from '../errors.js'
import { describe, findInstance, type NamedContainer } from '../instance/find.js'
import type { ContainerRef } from '../pve/client.js'
import type { CriuContext } from './criu-context.js'
import { endedText } from './ended-meanwhile.js'
import { type Examined, examine, wayOut } from './examine.js'
import { type AppliedLimit, parseLimit } from './limits.js'
import { type ContainerProcess, parseProcesses } from './manifest.js'
import { changeOnNode, interruption } from './node/on-node.js'
import { RESTORE_SCRIPT } from './node/restore-script.js'
import type { Facts } from './node/run-script.js'
import { powerTasks } from './power-tasks.js'
import { missingProcesses } from './process-tree.js'
import { markAwake, readSleepMark, type SleepMark } from './sleep-mark.js'
import { type Present, type StaleReason, staleness } from './staleness.js'
import { busyError, CHECKPOINTS, listCheckpoints } from './store.js'

export interface RestoreRequest {
  /** Default: the one that the container sleeps in, else the newest. */
  readonly checkpoint?: string
  /** A difference between what ran and what runs is an error, not a warning. */
  readonly verify: boolean
  /** Restore although it is stale or another kernel's. A checksum that does not match is never overruled. */
  readonly force: boolean
}

/** Milliseconds that the stages took, as seen from here. */
export interface RestoreTimes {
  /** Reading and checking the images, and what has happened since. */
  readonly check: number
  /** On the node: criu, limits, process tree. */
  readonly restore: number
  readonly total: number
}

export interface RestoreOutcome extends NamedContainer {
  /** Absent when it ran already. */
  readonly checkpoint?: string
  /** False: it ran already, and only what an interrupted command had left was cleared away. */
  readonly restored: boolean
  readonly limits: readonly AppliedLimit[]
  readonly processes: readonly ContainerProcess[]
  /** Processes that were frozen and are not there again. */
  readonly missing: readonly ContainerProcess[]
  /** What was overruled by `force`. */
  readonly overruled: readonly StaleReason[]
  readonly times: RestoreTimes
}

/**
 * Brings a frozen container back, with its memory; never boots it. This is also the one command that recovers from whatever was
 * interrupted: a checkpoint whose images are complete is finished and restored, and a container that runs with a mark loses the mark.
 * Errors: `not-found`, `conflict` when it runs or the checkpoint is stale (reasons in the error's `data`), `invalid` for images that have
 * changed, `locked`, `failed` with the line of criu's log that matters: the checkpoint is as it was then.
 *
 * @returns undefined under `client.dryRun`
 */
export async function restoreInstance(
  context: CriuContext,
  reference: string,
  request: RestoreRequest,
): Promise<RestoreOutcome | undefined> {
  const { client, clock } = context
  const began = clock.now()
  const ct = await findInstance(context, reference)
  context.onProgress?.(`Checking the checkpoint of ${describe(ct)}`)
  const [config, tasks, shell] = await Promise.all([
    client.containers.config(ct),
    powerTasks(client, ct),
    context.nodeShell(ct.node),
  ])
  const mark = readSleepMark(config.description)
  refuseElsewhere(ct, mark?.node)
  const depth = client.dryRun ? 'look' : 'settle'
  const examined = await examine(shell, ct, request.checkpoint ?? mark?.checkpoint, depth, mark?.checkpoint)
  if (examined.state === 'running') return clearAway(context, ct, examined, mark, request.verify, began)
  const overruled = refuseStale(context, ct, { config, tasks, ...examined }, request.force, mark?.checkpoint)
  const checked = clock.now()
  const { name, manifest } = examined
  context.onNodeCommand?.(ct.node, `lxc-checkpoint -n ${ct.vmid} -r -D ${CHECKPOINTS}/${ct.vmid}/${name}/images`)
  if (client.dryRun) {
    await markAwake(client, ct)
    return undefined
  }
  context.onProgress?.(`Restoring ${describe(ct)}`)
  const disk = overruled.length > 0 ? '-' : (examined.disk ?? '-')
  const args = [String(ct.vmid), name, disk]
  const facts = await changeOnNode(context, ct, `the restore of ${describe(ct)}`, RESTORE_SCRIPT, args)
  refuseFailed(ct, name, facts)
  const outcome = {
    vmid: ct.vmid,
    name: ct.name,
    node: ct.node,
    checkpoint: name,
    restored: true,
    ...readAnswer(facts, manifest.processes),
    overruled,
  }
  await awake(context, ct, `${describe(ct)} runs again`)
  report(context, ct, outcome, request.verify)
  const ended = clock.now()
  return { ...outcome, times: { check: checked - began, restore: ended - checked, total: ended - began } }
}

/** The images are where the container was. */
function refuseElsewhere(ct: ContainerRef, node: string | undefined): void {
  if (node === undefined || node === ct.node) return
  throw new CmuxError('conflict', `${describe(ct)} sleeps in a checkpoint that is on node ${node}`, {
    hint: `Migrate it back to ${node}, or boot it without its memory: cmux-pve instance start ${ct.vmid} --discard-checkpoint`,
    data: { vmid: ct.vmid, node: ct.node, checkpointNode: node },
  })
}

/** It runs. With something left over of an interrupted command that is the end of the recovery; else there was nothing to restore. */
async function clearAway(
  context: CriuContext,
  ct: ContainerRef,
  { removed, ended }: Extract<Examined, { state: 'running' }>,
  mark: SleepMark | undefined,
  verify: boolean,
  began: number,
): Promise<RestoreOutcome> {
  if (mark === undefined && removed.length === 0) {
    throw new CmuxError('conflict', `${describe(ct)} is running: there is nothing to restore`, {
      hint: `To go back to a checkpoint, stop it first: cmux-pve instance stop ${ct.vmid}`,
    })
  }
  const lost = mark !== undefined && (await neverRestored(context, ct, mark.checkpoint))
  await awake(context, ct, `${describe(ct)} runs`)
  if (lost) {
    context.onWarning?.(
      `${describe(ct)} was booted while it slept: it runs without the memory in checkpoint ${mark.checkpoint}, which no longer fits its disk`,
    )
  }
  reportEnded(context, ct, ended, verify)
  const total = context.clock.now() - began
  return {
    vmid: ct.vmid,
    name: ct.name,
    node: ct.node,
    restored: false,
    limits: [],
    processes: [],
    missing: ended,
    overruled: [],
    times: { check: total, restore: 0, total },
  }
}

function reportEnded(
  context: CriuContext,
  ct: ContainerRef,
  missing: readonly ContainerProcess[],
  verify: boolean,
): void {
  const complaint = endedText(missing)
  if (complaint === undefined) return
  const message = `${describe(ct)} runs, and a checkpoint of it was broken off, but ${complaint}`
  const hint = `If it is needed, boot the container: cmux-pve instance restart ${ct.vmid}`
  if (!verify) {
    context.onWarning?.(`${message}. ${hint}`)
    return
  }
  throw new CmuxError('failed', message, {
    hint,
    data: { vmid: ct.vmid, node: ct.node, status: 'running', missing },
  })
}

/** A restore, even one that was killed, leaves word of it beside the images: a container that runs without that was started by other means. */
async function neverRestored(context: CriuContext, ct: ContainerRef, checkpoint: string): Promise<boolean> {
  const all = await listCheckpoints(await context.nodeShell(ct.node), ct.node, ct.vmid)
  const slept = all.find(({ name }) => name === checkpoint)
  return slept?.state === 'finished' && slept.restored === undefined
}

function refuseStale(
  context: CriuContext,
  ct: ContainerRef,
  present: Present & Extract<Examined, { state: 'stopped' }>,
  force: boolean,
  sleepsIn: string | undefined,
): readonly StaleReason[] {
  const { manifest, name } = present
  const reasons = staleness(manifest, present)
  if (reasons.length === 0 || force) {
    for (const { what } of reasons) context.onWarning?.(`Checkpoint ${name} is restored although it is stale: ${what}`)
    if (sleepsIn !== undefined && sleepsIn !== name)
      context.onWarning?.(`${describe(ct)} slept in checkpoint ${sleepsIn}, and does not wake with the memory in that`)
    return reasons
  }
  const undo = reasons.every(({ id }) => id === 'config') ? 'Once that is as it was, it can be restored. ' : ''
  throw new CmuxError(
    'conflict',
    `Checkpoint ${name} of ${describe(ct)} is stale. ${reasons.map(({ what }) => what).join('. ')}`,
    {
      hint: `${undo}${wayOut(ct, name, sleepsIn)}. Memory that does not fit the disk can destroy data: cmux-pve criu restore ${ct.vmid} --checkpoint ${name} --force restores it all the same.`,
      data: { vmid: ct.vmid, node: ct.node, checkpoint: name, stale: reasons },
    },
  )
}

function refuseFailed(ct: ContainerRef, name: string, facts: Facts): void {
  const [refused, failed, died] = [facts.get('refused'), facts.get('failed'), facts.get('died')]
  if (refused === 'busy') throw busyError(ct.vmid)
  if (refused !== undefined) {
    throw new CmuxError('changed', `${describe(ct)} was changed while its checkpoint ${name} was being checked`, {
      hint: `Look again: cmux-pve criu list ${ct.vmid}`,
    })
  }
  if (died !== undefined) {
    throw new CmuxError('failed', `${describe(ct)} was restored and ended at once: ${died}`, {
      hint: `Try again, which tells whether its disk is still what it was: cmux-pve criu restore ${ct.vmid}`,
      data: { vmid: ct.vmid, node: ct.node, status: 'stopped', reason: died },
    })
  }
  if (failed === undefined) return
  throw new CmuxError('failed', `${describe(ct)} could not be restored: ${failed}`, {
    hint: `Its checkpoint ${name} is as it was. The whole story: ${CHECKPOINTS}/${ct.vmid}/${name}/images/restore.log on node ${ct.node}.`,
    data: { vmid: ct.vmid, node: ct.node, status: 'stopped', reason: failed },
  })
}

function readAnswer(facts: Facts, before: readonly ContainerProcess[]) {
  const processes = parseProcesses(Buffer.from(facts.get('processes') ?? '', 'base64').toString())
  return {
    limits: facts.all('limit').map(parseLimit),
    processes,
    missing: processes.length === 0 ? [] : missingProcesses(before, processes),
  }
}

/** The mark goes last: with it and a running container the next `criu restore` only has to take it away. */
async function awake(context: CriuContext, ct: ContainerRef, state: string): Promise<void> {
  try {
    await markAwake(context.client, ct)
  } catch (error) {
    const message = `${state}, but it is still marked as asleep`
    const hint = `Take the mark away: cmux-pve criu restore ${ct.vmid}`
    if (context.signal?.aborted === true) throw interruption(context.signal.reason, `Interrupted: ${message}`, hint)
    throw new CmuxError('failed', message, { hint, cause: error })
  }
}

function report(
  context: CriuContext,
  ct: ContainerRef,
  { missing, limits }: Pick<RestoreOutcome, 'missing' | 'limits'>,
  verify: boolean,
): void {
  const complaints = [
    ...limits
      .filter(({ wanted, actual }) => actual !== wanted)
      .map(({ name, wanted, actual }) => `its limit ${name} is ${actual ?? 'not available'}, not ${wanted}`),
    ...missing.map(({ pid, name }) => `process ${pid} (${name}) is not there`),
  ]
  if (complaints.length === 0) return
  const message = `${describe(ct)} runs again, but ${complaints.join('; ')}`
  if (!verify) {
    context.onWarning?.(message)
    return
  }
  throw new CmuxError('failed', message, {
    hint: 'It was left running as it is.',
    data: { vmid: ct.vmid, node: ct.node, status: 'running', missing, limits },
  })
}
