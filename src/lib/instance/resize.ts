import { CmuxError } from '../errors.js'
import type { ContainerConfig, PendingChange, Upid } from '../pve/client.js'
import { mustGrow, volumeSize } from './disk-size.js'
import { describe, findInstance, type NamedContainer } from './find.js'
import { deadlineIn, type Patience, type ServiceContext } from './service-context.js'
import { type Explanation, finishOrLook, headline, startTask } from './task-step.js'

/** New sizes: memory in MiB, `size` of a disk in GiB; what is absent stays. */
export interface ResizeRequest extends Patience {
  readonly memory?: number | undefined
  readonly cores?: number | undefined
  readonly disk?: { readonly name: string; readonly size: number } | undefined
}

export interface ResizeOutcome {
  readonly vmid: number
  readonly name: string
  readonly node: string
  /** Of the disk task; absent when no disk had to grow. */
  readonly upid?: Upid
  /** What takes effect at the next start only. */
  readonly pending: readonly PendingChange[]
}

/** Changes memory and cores, and lets a disk grow. Disks never shrink: `invalid`. */
export async function resizeInstance(
  context: ServiceContext,
  reference: string,
  request: ResizeRequest,
): Promise<ResizeOutcome> {
  const { containers } = context.client
  const { memory, cores, disk } = request
  const deadline = deadlineIn(context.clock, request.timeout)
  const ct = await findInstance(context, reference)
  const { vmid, name, node } = ct
  const grow = disk !== undefined && (await mustGrowDisk(context, ct, disk))

  const set = { ...(memory !== undefined && { memory }), ...(cores !== undefined && { cores }) }
  if (Object.keys(set).length > 0) await containers.update(ct, { set })
  let upid: Upid | undefined
  if (grow) {
    const step = { purpose: `grow ${disk.name} of ${describe(ct)} to ${disk.size} GiB`, subject: { vmid, node } }
    context.onProgress?.(headline(step))
    upid = await startTask(context, step, () => containers.resize(ct, disk.name, `${disk.size}G`))
    if (request.wait) await finishOrLook(context, step, upid, deadline, () => disksNow(context, ct))
  }
  const pending = (await containers.pending(ct)).filter(({ key, pending }) => key in set && pending !== undefined)
  return { vmid, name, node, pending, ...(upid !== undefined && { upid }) }
}

async function disksNow({ client }: ServiceContext, ct: NamedContainer): Promise<Explanation> {
  const config = await client.containers.config(ct).catch(() => undefined)
  return config === undefined ? {} : { message: `Its disks are now ${disksOf(config)}` }
}

const disksOf = ({ options }: ContainerConfig): string =>
  Object.entries(options)
    .filter(([key]) => /^(?:rootfs|mp\d+)$/.test(key))
    .map(([key, value]) => `${key} ${volumeSize(value) ?? '?'} GiB`)
    .join(', ')

async function mustGrowDisk(
  { client }: ServiceContext,
  ct: NamedContainer,
  disk: { readonly name: string; readonly size: number },
): Promise<boolean> {
  const { options } = await client.containers.config(ct)
  if (options[disk.name] === undefined) {
    const disks = Object.keys(options).filter((key) => /^(?:rootfs|mp\d+)$/.test(key))
    throw new CmuxError('not-found', `${describe(ct)} has no disk ${disk.name}`, {
      hint: `It has ${disks.join(', ')}.`,
    })
  }
  return mustGrow(disk.name, options[disk.name], disk.size)
}
