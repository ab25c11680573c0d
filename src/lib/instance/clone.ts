import { readSleepMark, withoutSleepMark } from '../criu/sleep-mark.js'
import { CmuxError, isCmuxError } from '../errors.js'
import type { ContainerAddress, ContainerConfig, ContainerRef, StorageCapabilities, Upid } from '../pve/client.js'
import { withoutOperationId } from '../pve/operation-id.js'
import { type Adaptation, adapt, leftOut, tagsToSet } from './clone-adaptation.js'
import { type CloneKind, type ClonePlan, checkSource, planClone } from './clone-plan.js'
import { cloneSources } from './clone-sources.js'
import { mustGrow } from './disk-size.js'
import { describe } from './find.js'
import { checkHostname, derivedHostname } from './hostname.js'
import { warnOfHostname } from './hostname-warnings.js'
import { revisionOf } from './revision.js'
import { type Deadline, deadlineIn, type Patience, type ServiceContext } from './service-context.js'
import { isBusyCopying, waitForFreeSource } from './source-lock.js'
import { checkTags } from './tags.js'
import { type Explanation, explain, finishOrLook, headline, type Step, startTask } from './task-step.js'
import { VmidCandidates } from './vmid-candidates.js'

/** What the clone shall be. Memory in MiB, disk in GiB; what is absent stays as in the source. */
export interface CloneRequest extends Patience {
  /** VMID or hostname of a template or a stopped container. */
  readonly source: string
  /** Absent: the next free one. */
  readonly vmid?: number | undefined
  /** Absent: the source's name with the VMID behind it. */
  readonly hostname?: string | undefined
  readonly description?: string | undefined
  /** Tags in place of the source's. */
  readonly tags?: readonly string[] | undefined
  readonly full?: boolean | undefined
  readonly storage?: string | undefined
  /** The node that the clone shall be on. */
  readonly node?: string | undefined
  readonly memory?: number | undefined
  readonly cores?: number | undefined
  readonly disk?: number | undefined
  readonly start?: boolean | undefined
}

export interface CloneOutcome {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly source: ContainerAddress
  readonly kind: CloneKind
  /** Of the clone task itself. */
  readonly upid: Upid
  /** Absent when nobody waited. */
  readonly status?: 'running' | 'stopped'
}

/**
 * Clones a template or a stopped container. A source that is being cloned by others is waited for, an automatic VMID that somebody else
 * took first is replaced by another. A step that fails after the clone was made leaves the clone there, and the error says so.
 */
export async function cloneInstance(context: ServiceContext, request: CloneRequest): Promise<CloneOutcome> {
  if (request.hostname !== undefined) checkHostname(request.hostname)
  checkTags(request.tags ?? [])
  const deadline = deadlineIn(context.clock, request.timeout)
  const prepared = await prepare(context, request)
  if (prepared.plan.reason !== undefined) context.onWarning?.(`Making a full copy: ${prepared.plan.reason}`)

  const begun = await beginClone(context, request, prepared, deadline)
  const { vmid, node, name, source, upid } = begun
  const outcome = { vmid, name, node, source: { vmid: source.vmid, node: source.node }, kind: prepared.plan.kind, upid }
  if (!request.wait) return outcome

  const { memory, cores, disk, start } = request
  const wanted: Adaptation = {
    tags: tagsToSet(request.tags, prepared.config.tags, source.vmid !== prepared.source.vmid),
    memory,
    cores,
    disk: prepared.grow ? disk : undefined,
    start,
  }
  await finishClone(context, begun, wanted, deadline)
  await adapt(context, begun, wanted, deadline)
  return { ...outcome, status: request.start ? 'running' : 'stopped' }
}

interface Prepared {
  readonly source: ContainerRef
  readonly sources: readonly ContainerAddress[]
  readonly config: ContainerConfig
  readonly plan: ClonePlan
  readonly grow: boolean
}

interface BegunClone {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly source: ContainerAddress
  readonly upid: Upid
  readonly step: Step
}

/** Everything that can be known and refused before anything is made. */
async function prepare(context: ServiceContext, request: CloneRequest): Promise<Prepared> {
  const { client, random = Math.random } = context
  const source = await client.containers.find(request.source)
  const [config, resources, storages] = await Promise.all([
    client.containers.config(source),
    client.cluster.resources('vm'),
    client.storages.list(source.node),
  ])
  const holder = resources.find(({ vmid }) => vmid !== undefined && vmid === request.vmid)
  if (holder !== undefined) {
    throw new CmuxError(
      'exists',
      `VMID ${holder.vmid} is taken by ${holder.name ?? holder.type} on node ${holder.node}`,
      {
        hint: 'Choose another --vmid, or leave it out to get a free one.',
      },
    )
  }
  if (request.hostname !== undefined) warnOfHostname(context, request.hostname, resources)
  if (!config.template)
    checkSource(describe(source), config, (await client.containers.status(source)).status === 'running')
  const capabilities = new Map<string, StorageCapabilities>(
    storages.map((storage) => [storage.storage, client.storages.capabilities(storage)]),
  )
  return {
    source,
    sources: cloneSources(source, resources, {
      random,
      revision: revisionOf(config),
      ...(request.node !== undefined && { node: request.node }),
    }),
    config,
    plan: planClone(config, capabilities, {
      full: request.full ?? false,
      ...(request.storage !== undefined && { storage: request.storage }),
    }),
    grow: request.disk !== undefined && mustGrow('rootfs', config.options['rootfs'], request.disk),
  }
}

/** Gets Proxmox to accept the clone: one source after the other, one VMID after the other, until the time is up. */
async function beginClone(
  context: ServiceContext,
  request: CloneRequest,
  { source: original, sources: allSources, plan, config }: Prepared,
  deadline: Deadline,
): Promise<BegunClone> {
  let sources = allSources
  const candidates = new VmidCandidates(context.client, context.random ?? Math.random)
  let source: ContainerAddress = sources[0] ?? original
  for (;;) {
    const vmid = request.vmid ?? (await candidates.next())
    const name = request.hostname ?? derivedHostname(original.name, vmid)
    const node = request.node ?? source.node
    const step = {
      purpose: `clone container ${source.vmid} to ${describe({ vmid, name, node })}`,
      subject: { vmid, node },
    }
    const { storage, description = awakeDescription(config) } = request
    const from = source
    try {
      context.onProgress?.(headline(step))
      const upid = await startTask(context, step, () =>
        context.client.containers.clone(from, {
          newid: vmid,
          hostname: name,
          full: plan.kind === 'full',
          ...(storage !== undefined && { storage }),
          ...(description !== undefined && { description }),
          ...(node !== from.node && { target: node }),
        }),
      )
      return { vmid, name, node, source, upid, step }
    } catch (error) {
      if (isCmuxError(error, 'exists') && request.vmid === undefined && deadline.remaining() > 0)
        candidates.reject(vmid)
      else if (isCmuxError(error, 'unsupported', 'not-found') && from.vmid !== original.vmid) {
        // A replica on a storage without linked clones, or deleted a moment ago.
        sources = sources.filter(({ vmid: other }) => other !== from.vmid)
        source = sources[0] ?? original
      } else if (isBusyCopying(error) && request.wait) {
        context.onProgress?.(`Wait for container ${source.vmid}, which somebody else is cloning`)
        source = await waitForFreeSource(
          context,
          sources,
          deadline,
          ', or make copies with `cmux-pve template replicate`',
        )
      } else throw error
    }
  }
}

async function finishClone(
  context: ServiceContext,
  clone: BegunClone,
  wanted: Adaptation,
  deadline: Deadline,
): Promise<void> {
  const { vmid, source, step, upid } = clone
  context.onProgress?.(headline(step))
  try {
    await finishOrLook(context, step, upid, deadline, () => whatIsLeft(context, vmid, source))
  } catch (error) {
    throw isCmuxError(error, 'timeout', 'interrupted') ? explain(error, leftOut(clone, wanted)) : error
  }
}

/** Proxmox removes what a failed clone has made, unless its worker was killed (PVE-FACTS 3.3, 9): so look. */
async function whatIsLeft({ client }: ServiceContext, vmid: number, source: ContainerAddress): Promise<Explanation> {
  const [left, locked] = await Promise.all([
    client.containers.find(vmid).catch((error: unknown) => (isCmuxError(error, 'not-found') ? 'nothing' : undefined)),
    client.containers.config(source).then(
      ({ lock }) => lock,
      () => undefined,
    ),
  ])
  if (left === 'nothing' && locked === undefined) return { message: 'Nothing of the clone was left behind' }
  if (left === undefined || left === 'nothing') return {}
  const unlockSource =
    locked === undefined
      ? ''
      : ` Container ${source.vmid} stays locked (${locked}): \`pct unlock ${source.vmid}\` on node ${source.node}.`
  return {
    message: `The unfinished clone, container ${vmid}, is still on node ${left.node}${left.lock === undefined ? '' : `, locked (${left.lock})`}`,
    hint: `Run \`pct unlock ${vmid}\` on node ${left.node}, then \`cmux-pve instance delete ${vmid}\`.${unlockSource}`,
    data: { vmid, node: left.node },
  }
}

/** A clone has its source's description, but does not sleep when that does. */
const awakeDescription = ({ description }: ContainerConfig): string | undefined =>
  readSleepMark(description) === undefined ? undefined : withoutSleepMark(withoutOperationId(description ?? ''))
