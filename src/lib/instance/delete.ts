import { readSleepMark, type SleepMark } from '../criu/sleep-mark.js'
import { CmuxError, isCmuxError } from '../errors.js'
import type { ContainerConfig, ContainerRef, Upid } from '../pve/client.js'
import { adviceForPooled, deletionRefusal } from './deletion-refusal.js'
import { describe, findInstance, foundOrNothing } from './find.js'
import { deadlineIn, type Patience, type ServiceContext } from './service-context.js'
import { explain, finishTask, headline, startTask } from './task-step.js'

export interface DeleteOptions extends Patience {
  /** Stop it first when it runs. */
  readonly force?: boolean
  /** Remove it from backup jobs, replication and high availability too. */
  readonly purge?: boolean
}

export interface DeleteOutcome {
  readonly reference: string
  /** False: with `ifExists` there was nothing to delete. */
  readonly found: boolean
  readonly vmid?: number
  readonly name?: string
  readonly node?: string
  readonly upid?: Upid
}

/**
 * Deletes a container and its disks. A template is refused: `template delete` knows about its clones. A dry run is refused what the real one would be.
 */
export async function deleteInstance(
  context: ServiceContext,
  reference: string,
  options: DeleteOptions & {
    readonly ifExists?: boolean
    /** The caller removes its checkpoints: see `deleteWithCheckpoints`. */
    readonly withCheckpoints?: boolean
    /** Names of the checkpoints on its node, which are said to stay: see `keptOnNode`. Absent: nobody looks. */
    readonly kept?: (ct: ContainerRef) => Promise<readonly string[]>
  },
): Promise<DeleteOutcome> {
  const ct = await foundOrNothing(findInstance(context, reference), options.ifExists)
  if (ct === undefined) return { reference, found: false }
  const config = await context.client.containers.config(ct)
  const tells = options.withCheckpoints !== true && !context.client.dryRun
  let outcome: Awaited<ReturnType<typeof removeContainer>>
  let kept: Promise<readonly string[]> | undefined
  try {
    if (context.client.dryRun) await refuseAsProxmox(context, ct, config, options.force === true)
    if (tells && options.wait) kept = options.kept?.(ct)
    outcome = await removeContainer(context, ct, options)
  } catch (error) {
    throw adviceForPooled(error, ct, config.description)
  }
  const left = tells ? whatStays(ct, (await kept) ?? [], readSleepMark(config.description)) : undefined
  if (left !== undefined) {
    context.onWarning?.(`${left} until \`cmux-pve criu delete ${ct.vmid} --all\` removes them`)
  }
  return { reference, found: true, ...outcome }
}

async function refuseAsProxmox({ client }: ServiceContext, ct: ContainerRef, config: ContainerConfig, force: boolean) {
  const { status } = await client.containers.status(ct)
  const refusal = deletionRefusal({ ct, config, status }, force)
  if (refusal !== undefined) throw refusal
}

function whatStays(ct: ContainerRef, names: readonly string[], mark: SleepMark | undefined): string | undefined {
  if (names.length > 0) return `The checkpoints of ${describe(ct)} stay there (${names.join(', ')})`
  if (mark === undefined) return undefined
  return `${describe(ct)} slept: the images of its memory stay on node ${mark.node}`
}

/** Removes a container, or a template, and tells what is left of it should that fail. */
export async function removeContainer(context: ServiceContext, ct: ContainerRef, options: DeleteOptions) {
  const { vmid, name, node } = ct
  const deadline = deadlineIn(context.clock, options.timeout)
  const step = { purpose: `delete ${describe(ct)}`, subject: { vmid, node } }
  const { force = false, purge = false } = options
  context.onProgress?.(headline(step))
  const upid = await startTask(context, step, () => context.client.containers.remove(ct, { force, purge }))
  if (options.wait) {
    try {
      await finishTask(context, step, upid, deadline)
    } catch (error) {
      if (isCmuxError(error, 'timeout', 'interrupted')) throw error
      const left = await whatIsLeft(context, ct)
      if (left !== 'nothing') throw explain(error, left)
      context.onWarning?.(`${describe(ct)} is gone, although the task failed: ${messageOf(error)}`)
    }
  }
  return { vmid, name, node, upid }
}

async function whatIsLeft({ client }: ServiceContext, ct: ContainerRef) {
  try {
    const { lock, options } = await client.containers.config(ct)
    const disks = options['rootfs'] === undefined ? ', without its disks' : ''
    const unlock = lock === undefined ? '' : `run \`pct unlock ${ct.vmid}\` on node ${ct.node}, then `
    return {
      message: `${describe(ct)} is still there${disks}${lock === undefined ? '' : `, locked (${lock})`}`,
      hint: `To finish, ${unlock}delete it again`,
      data: { vmid: ct.vmid, node: ct.node },
    }
  } catch (error) {
    return isCmuxError(error, 'not-found') ? 'nothing' : {}
  }
}

const messageOf = (error: unknown): string => (error instanceof CmuxError ? error.message : String(error))
