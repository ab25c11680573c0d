import type { ContainerRef, Upid } from '../pve/client.js'
import { describe, findInstance } from './find.js'
import { deadlineIn, type Patience, type ServiceContext } from './service-context.js'
import { finishTask, startTask } from './task-step.js'

export interface SnapshotOutcome {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly snapshot: string
  readonly upid: Upid
}

/**
 * Takes a snapshot of a container's disks and configuration. Of a running one on a raw volume the next start after a rollback waits most
 * of a minute (PVE-FACTS 3.8), so a warning says so. Errors: `task-failed`, `unsupported` where the storage cannot, `exists`.
 */
export async function snapshotInstance(
  context: ServiceContext,
  reference: string,
  snapshot: string,
  options: Patience & { readonly description?: string },
): Promise<SnapshotOutcome> {
  const { client } = context
  const ct = await findInstance(context, reference)
  if ((await client.containers.status(ct)).status === 'running')
    context.onWarning?.(
      `${describe(ct)} is running: its first start after a rollback to '${snapshot}' may take 46 s longer. A snapshot of a stopped container has no such wait.`,
    )
  const { description } = options
  return snapshotTask(context, ct, snapshot, options, `take snapshot '${snapshot}' of ${describe(ct)}`, () =>
    client.snapshots.create(ct, snapshot, description === undefined ? {} : { description }),
  )
}

/**
 * Takes a container's disks and configuration (host name, tags, sizes; not its description) back to a snapshot. Proxmox stops a running
 * one without asking it, and does not start it again (PVE-FACTS 3.8). Errors: `not-found`, `task-failed`.
 */
export async function rollbackInstance(
  context: ServiceContext,
  reference: string,
  snapshot: string,
  patience: Patience,
): Promise<SnapshotOutcome> {
  const ct = await findInstance(context, reference)
  return snapshotTask(context, ct, snapshot, patience, `roll ${describe(ct)} back to snapshot '${snapshot}'`, () =>
    context.client.snapshots.rollback(ct, snapshot),
  )
}

async function snapshotTask(
  context: ServiceContext,
  { vmid, name, node }: ContainerRef,
  snapshot: string,
  patience: Patience,
  purpose: string,
  send: () => Promise<Upid>,
): Promise<SnapshotOutcome> {
  const deadline = deadlineIn(context.clock, patience.timeout)
  const step = { purpose, subject: { vmid, node } }
  context.onProgress?.(`Waiting to ${purpose}`)
  const upid = await startTask(context, step, send)
  if (patience.wait) await finishTask(context, step, upid, deadline)
  return { vmid, name, node, snapshot, upid }
}
