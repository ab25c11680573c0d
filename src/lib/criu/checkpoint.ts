import { CmuxError, isCmuxError } from '../errors.js'
import { describe, findInstance, type NamedContainer } from '../instance/find.js'
import type { ContainerConfig, ContainerRef, TaskEntry } from '../pve/client.js'
import { checkCheckpointName, checkpointName } from './checkpoint-name.js'
import type { CriuContext } from './criu-context.js'
import { endedMeanwhile, endedText } from './ended-meanwhile.js'
import { examine } from './examine.js'
import { type CheckpointIntent, type Manifest, parseManifest } from './manifest.js'
import { CHECKPOINT_SCRIPT } from './node/checkpoint-script.js'
import { changeOnNode, interruption } from './node/on-node.js'
import type { Facts } from './node/run-script.js'
import { laterTask, powerTasks } from './power-tasks.js'
import { preflight } from './preflight.js'
import { type Blocker, FINAL, type PreflightReport } from './preflight-report.js'
import { markAsleep, markAwake, newestTasks, readSleepMark, type SleepMark } from './sleep-mark.js'
import { matteringOptions } from './staleness.js'
import { busyError, CHECKPOINTS } from './store.js'

export interface CheckpointRequest {
  /** Default: the time, `20261122-061500` (UTC), with a number behind it when that is taken. Valid names are those of Proxmox snapshots. */
  readonly name?: string
  /** The container goes on running. */
  readonly leaveRunning: boolean
  /** How many finished checkpoints of the container stay, this one included. */
  readonly keep: number
  readonly compress: boolean
  /** Try in spite of what stands in the way; a dump that fails leaves the container running. */
  readonly force: boolean
}

/** Milliseconds that the stages took, as seen from here. */
export interface CheckpointTimes {
  /** Looking whether it can work. */
  readonly preflight: number
  /** On the node: criu, waiting for the end of the container, sums of the images. */
  readonly checkpoint: number
  readonly total: number
}

export interface CheckpointOutcome extends NamedContainer {
  readonly checkpoint: string
  /** What it is now. */
  readonly status: 'running' | 'stopped'
  readonly manifest: Manifest
  readonly times: CheckpointTimes
  /** Older checkpoints that were removed. */
  readonly pruned: readonly string[]
}

/**
 * Freezes a running container to its node's disk, with its memory. It looks for everything that stands in the way first; the container is
 * marked as asleep before it is frozen, and a failure leaves it running, without mark and without images. Errors: `unsupported` (the
 * blockers are the error's `data`), `conflict` when it does not run or sleeps already, `exists` for a name, `locked`, `failed` with the
 * line of criu's log that matters, `storage-full`, `interrupted` and `unavailable`, which say what goes on.
 *
 * @returns undefined under `client.dryRun`
 */
export async function checkpointInstance(
  context: CriuContext,
  reference: string,
  request: CheckpointRequest,
): Promise<CheckpointOutcome | undefined> {
  const { name } = request
  if (name !== undefined) {
    checkCheckpointName(name)
    return freeze(context, reference, { ...request, name })
  }
  const now = checkpointName(context.clock.now())
  for (let attempt = 1; ; attempt++) {
    try {
      return await freeze(context, reference, { ...request, name: attempt === 1 ? now : `${now}-${attempt}` })
    } catch (error) {
      if (!isCmuxError(error, 'exists')) throw error
    }
  }
}

async function freeze(
  context: CriuContext,
  reference: string,
  request: CheckpointRequest & { readonly name: string },
): Promise<CheckpointOutcome | undefined> {
  const { client, clock } = context
  const { name } = request
  const began = clock.now()
  const ct = await findInstance(context, reference)
  context.onProgress?.(`Looking at ${describe(ct)}`)
  const [report, config, tasks] = await Promise.all([
    preflight(context, ct),
    client.containers.config(ct),
    powerTasks(client, ct),
  ])
  const mark = readSleepMark(config.description)
  if (mark !== undefined) await refuseAsleep(context, ct, mark, report, tasks)
  refuseBlocked(context, ct, report, request.force)
  const looked = clock.now()
  const created = Math.floor(looked / 1000)
  context.signal?.throwIfAborted()
  if (request.leaveRunning) await markAwake(client, ct)
  else {
    const now = { checkpoint: name, node: ct.node, since: created, tasks: newestTasks(tasks) }
    await markAsleep(client, ct, { version: 1, ...now }, config)
  }
  const stop = request.leaveRunning ? '' : '-s'
  const folder = `${CHECKPOINTS}/${ct.vmid}/${name}/images`
  context.onNodeCommand?.(ct.node, ['lxc-checkpoint', '-n', ct.vmid, '-D', folder, stop].join(' ').trim())
  if (client.dryRun) return undefined
  context.onProgress?.(`Freezing ${describe(ct)}`)
  const intent = intentOf({ ct, name, created, request, report, config, tasks })
  const args = [ct.vmid, name, stop, request.compress ? 1 : 0, request.keep, JSON.stringify(intent)].map(String)
  const facts = await changeOnNode(context, ct, `the checkpoint of ${describe(ct)}`, CHECKPOINT_SCRIPT, args)
  const { status, manifest } = await readAnswer(context, ct, name, facts)
  if (context.signal?.aborted === true && status === 'stopped') {
    const hint = `Wake it: cmux-pve criu restore ${ct.vmid}`
    throw interruption(context.signal.reason, `Interrupted, but ${describe(ct)} sleeps in checkpoint ${name}`, hint)
  }
  const ended = clock.now()
  return {
    vmid: ct.vmid,
    name: ct.name,
    node: ct.node,
    checkpoint: name,
    status,
    manifest,
    times: { preflight: looked - began, checkpoint: ended - looked, total: ended - began },
    pruned: facts.all('pruned'),
  }
}

/**
 * A container that sleeps cannot be frozen a second time. One that runs with a mark: another command is at work on it, which is for its
 * lock to say, or was interrupted, and what it left is settled here.
 */
async function refuseAsleep(
  context: CriuContext,
  ct: ContainerRef,
  mark: SleepMark,
  { blockers }: PreflightReport,
  tasks: readonly TaskEntry[],
): Promise<void> {
  if (blockers.some(({ id }) => id === 'not-running')) {
    // Started behind its back and stopped again: it is simply stopped.
    if (mark.tasks !== undefined && laterTask(mark.tasks, tasks) !== undefined) return
    throw new CmuxError('conflict', `${describe(ct)} sleeps already, in checkpoint ${mark.checkpoint}`, {
      hint: `Wake it: cmux-pve criu restore ${ct.vmid}`,
    })
  }
  const depth = context.client.dryRun ? 'look' : 'settle'
  const examined = await examine(await context.nodeShell(ct.node), ct, mark.checkpoint, depth)
  const ended = examined.state === 'running' ? endedText(examined.ended) : undefined
  if (ended !== undefined) context.onWarning?.(`An earlier checkpoint of ${describe(ct)} was broken off, and ${ended}`)
}

/** What speaks against freezing a container now, before anybody is asked: the errors of `checkpointInstance`. */
export async function refuseUnlessPossible(context: CriuContext, reference: string): Promise<void> {
  const ct = await findInstance(context, reference)
  context.onProgress?.(`Looking at ${describe(ct)}`)
  refuseBlocked(context, ct, await preflight(context, ct), false)
}

function refuseBlocked(context: CriuContext, ct: ContainerRef, { blockers }: PreflightReport, force: boolean): void {
  const blocking = blockers.filter(({ severity }) => severity === 'blocks')
  const [first, ...others] = force ? blocking.filter(({ id }) => FINAL.includes(id)) : blocking
  if (first === undefined) {
    for (const { what } of blocking) context.onWarning?.(`It is tried all the same: ${what}`)
    return
  }
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  const code = first.id === 'not-running' ? 'conflict' : first.id === 'locked' ? 'locked' : 'unsupported'
  throw new CmuxError(code, `${describe(ct)} cannot be checkpointed: ${first.what}${more}`, {
    hint: `${wayOut(first)} All of it: cmux-pve criu status ${ct.vmid}`,
    data: { vmid: ct.vmid, node: ct.node, blockers },
  })
}

/** Of what cannot be mended the way out is another container. */
const wayOut = ({ remedy }: Blocker): string =>
  remedy === undefined
    ? 'One that can sleep: cmux-pve template create alpine-3.20 --criu --start.'
    : (remedy.command ?? remedy.text).replace(/\.?$/, '.')

function intentOf(plan: {
  readonly ct: ContainerRef
  readonly name: string
  readonly created: number
  readonly request: CheckpointRequest
  readonly report: PreflightReport
  readonly config: ContainerConfig
  readonly tasks: readonly TaskEntry[]
}): CheckpointIntent {
  const { ct, name, created, request, report, config, tasks } = plan
  return {
    version: 1,
    vmid: ct.vmid,
    hostname: ct.name,
    node: ct.node,
    name,
    created,
    leaveRunning: request.leaveRunning,
    versions: report.versions,
    tasks: tasks.map(({ upid }) => upid),
    config: { digest: config.digest, options: matteringOptions(config) },
  }
}

/** Every failure that left the container running takes the mark back too. */
async function readAnswer(context: CriuContext, ct: ContainerRef, name: string, facts: Facts) {
  const [refused, failed, lost] = [facts.get('refused'), facts.get('failed'), facts.get('lost')]
  const wake = () => markAwake(context.client, ct, name)
  if (refused !== undefined) {
    // Another command's mark stays: it is at work on this container.
    await wake()
    throw refusal(ct, name, refused)
  }
  if (failed !== undefined) {
    await wake()
    const code = /No space left|disk full/i.test(failed) ? 'storage-full' : 'failed'
    const missing = endedMeanwhile(facts)
    const ended = endedText(missing)
    const but = ended === undefined ? '' : `; ${ended}`
    throw new CmuxError(code, `${describe(ct)} could not be checkpointed and runs on: ${failed}${but}`, {
      hint: `What is known to stand in the way: cmux-pve criu status ${ct.vmid}`,
      data: { vmid: ct.vmid, node: ct.node, status: 'running', reason: failed, missing },
    })
  }
  if (lost !== undefined) {
    throw new CmuxError('failed', `${describe(ct)} ended while it was being checkpointed: ${lost}`, {
      hint: `Its memory is lost, its disk is not. Boot it: cmux-pve instance start ${ct.vmid} --discard-checkpoint`,
      data: { vmid: ct.vmid, node: ct.node, status: 'stopped', reason: lost },
    })
  }
  const status: 'running' | 'stopped' = facts.get('status') === 'stopped' ? 'stopped' : 'running'
  const manifest = parseManifest(facts.get('manifest') ?? '')
  if (manifest !== undefined) return { status, manifest }
  throw new CmuxError('storage-full', `${describe(ct)} is frozen, but its checkpoint ${name} could not be finished`, {
    hint: `Make room below ${CHECKPOINTS} on node ${ct.node}, then: cmux-pve criu restore ${ct.vmid}`,
    data: { vmid: ct.vmid, node: ct.node, status, space: facts.get('unfinished') },
  })
}

function refusal(ct: ContainerRef, name: string, reason: string): CmuxError {
  if (reason === 'busy') return busyError(ct.vmid)
  if (reason === 'exists') {
    return new CmuxError('exists', `${describe(ct)} has a checkpoint ${name} already`, {
      hint: `Choose another name, or remove it: cmux-pve criu delete ${ct.vmid} ${name}`,
    })
  }
  if (reason === 'stopped') {
    return new CmuxError('conflict', `${describe(ct)} is not running any more`, {
      hint: `Start it: cmux-pve instance start ${ct.vmid}`,
    })
  }
  return new CmuxError('failed', `Node ${ct.node} cannot write to ${CHECKPOINTS}`, {
    hint: 'Is its file system full or read-only?',
  })
}
