import { readSleep } from '../criu/sleep.js'
import { CmuxError } from '../errors.js'
import type { ContainerRef, PveClient, Snapshot, Upid } from '../pve/client.js'
import { describe, findInstance, type NamedContainer } from './find.js'
import { deadlineIn, type Patience, type ServiceContext } from './service-context.js'
import {
  type Capabilities,
  checkSnapshotName,
  newerSnapshots,
  newestOnly,
  type RevertedOption,
  revertedOptions,
  snapshotObstacles,
} from './snapshot-plan.js'
import { finishTask, startTask } from './task-step.js'

export interface SnapshotOutcome extends NamedContainer {
  readonly snapshot: string
  readonly upid: Upid
}

/** The snapshots of a container. */
export interface SnapshotList extends NamedContainer {
  /** Oldest first. */
  readonly snapshots: readonly Snapshot[]
  /** The one that the container goes on from. */
  readonly parent?: string
}

/** What a rollback would do. */
export interface RollbackPreview extends NamedContainer {
  readonly snapshot: string
  /** Seconds since the epoch. */
  readonly taken?: number
  /** It is stopped at once, and what it has not written to disk is lost. */
  readonly running: boolean
  /** The checkpoint that it sleeps in: its memory no longer fits the disk afterwards. */
  readonly asleep?: string
  readonly options: readonly RevertedOption[]
}

export async function listSnapshots(context: ServiceContext, reference: string): Promise<SnapshotList> {
  const { vmid, name, node } = await findInstance(context, reference)
  const all = await context.client.snapshots.list({ vmid, node })
  const parent = all.find((snapshot) => snapshot.name === 'current')?.parent
  const snapshots = all.filter((snapshot) => snapshot.name !== 'current')
  return { vmid, name, node, snapshots, ...(parent !== undefined && { parent }) }
}

/**
 * Takes a snapshot of a container's disks and configuration. Of a running one on a raw volume the next start after a rollback waits most
 * of a minute (PVE-FACTS 3.8), so a warning says so. Errors: `unsupported`, before anything is tried, names the storages that cannot;
 * `invalid` for a name, `exists`, `task-failed`.
 */
export async function snapshotInstance(
  context: ServiceContext,
  reference: string,
  snapshot: string,
  options: Patience & { readonly description?: string | undefined },
): Promise<SnapshotOutcome> {
  const { client } = context
  checkSnapshotName(snapshot)
  const ct = await findInstance(context, reference)
  const [config, status, capabilities] = await Promise.all([
    client.containers.config(ct),
    client.containers.status(ct),
    capabilitiesOn(client, ct.node),
  ])
  const obstacles = snapshotObstacles(config, capabilities)
  if (obstacles.length > 0) {
    throw new CmuxError('unsupported', `No snapshot of ${describe(ct)} can be taken: ${obstacles.join(', ')}`, {
      hint: 'Snapshots need all its disks on lvmthin, zfspool, btrfs or rbd: `pct move-volume` on the node moves one.',
    })
  }
  if (status.status === 'running')
    context.onWarning?.(
      `${describe(ct)} is running: its first start after a rollback to '${snapshot}' may take 46 s longer. A snapshot of a stopped container has no such wait.`,
    )
  const { description } = options
  return snapshotTask(context, ct, snapshot, options, `take snapshot '${snapshot}' of ${describe(ct)}`, () =>
    client.snapshots.create(ct, snapshot, description === undefined ? {} : { description }),
  )
}

/**
 * Looks what a rollback would do, without doing it. `snapshot` absent: the newest. Errors: `not-found`; `conflict` for a snapshot that is
 * not whole; `unsupported` where the storage goes back to its newest one only.
 */
export async function previewRollback(
  context: ServiceContext,
  reference: string,
  snapshot?: string,
): Promise<RollbackPreview> {
  const { client } = context
  const ct = await findInstance(context, reference)
  const all = await client.snapshots.list(ct)
  const name = snapshot ?? all.filter((one) => one.name !== 'current').at(-1)?.name
  const chosen = all.find((one) => one.name === name && one.name !== 'current')
  if (chosen === undefined) throw noSnapshot(ct, name)
  if (chosen.snapstate !== undefined) {
    throw new CmuxError('conflict', `Snapshot '${chosen.name}' of ${describe(ct)} is not whole (${chosen.snapstate})`, {
      hint: `Delete it: cmux-pve criu delete-snapshot ${ct.vmid} ${chosen.name} --force`,
    })
  }
  const [now, then, status, capabilities] = await Promise.all([
    client.containers.config(ct),
    client.snapshots.config(ct, chosen.name),
    client.containers.status(ct),
    capabilitiesOn(client, ct.node),
  ])
  const sleep = await readSleep(client, ct, now)
  const newer = newerSnapshots(all, chosen.name)
  const [storage] = newestOnly(now, capabilities)
  if (storage !== undefined && newer.length > 0) {
    throw new CmuxError(
      'unsupported',
      `${describe(ct)} cannot go back to '${chosen.name}': storage ${storage} (${capabilities.get(storage)?.type}) goes back to its newest snapshot only, and ${newer.join(', ')} came later`,
      { hint: `Delete those first: cmux-pve criu delete-snapshot ${ct.vmid} ${newer[0]}` },
    )
  }
  return {
    vmid: ct.vmid,
    name: ct.name,
    node: ct.node,
    snapshot: chosen.name,
    ...(chosen.snaptime !== undefined && { taken: chosen.snaptime }),
    running: status.status === 'running',
    ...(sleep !== undefined && sleep.ended === undefined && { asleep: sleep.checkpoint }),
    options: revertedOptions(now, then),
  }
}

/**
 * Takes a container's disks and configuration (host name, tags, sizes; not its description) back to a snapshot. Proxmox stops a running
 * one without asking it, and starts it again only with `start` (PVE-FACTS 3.8). Errors: `not-found`, `task-failed`.
 */
export async function rollbackInstance(
  context: ServiceContext,
  reference: string,
  snapshot: string,
  options: Patience & { readonly start?: boolean },
): Promise<SnapshotOutcome> {
  const ct = await findInstance(context, reference)
  const { start = false } = options
  return snapshotTask(context, ct, snapshot, options, `roll ${describe(ct)} back to snapshot '${snapshot}'`, () =>
    context.client.snapshots.rollback(ct, snapshot, start ? { start } : {}),
  )
}

/** Deletes a snapshot; what is there now stays. `force`: out of the configuration even if the storage fails. Errors: `not-found`, `task-failed`. */
export async function deleteSnapshot(
  context: ServiceContext,
  reference: string,
  snapshot: string,
  options: Patience & { readonly force?: boolean },
): Promise<SnapshotOutcome> {
  const ct = await findInstance(context, reference)
  const all = await context.client.snapshots.list(ct)
  if (snapshot === 'current' || !all.some(({ name }) => name === snapshot)) throw noSnapshot(ct, snapshot)
  const { force = false } = options
  return snapshotTask(context, ct, snapshot, options, `delete snapshot '${snapshot}' of ${describe(ct)}`, () =>
    context.client.snapshots.remove(ct, snapshot, force ? { force } : {}),
  )
}

async function capabilitiesOn(client: PveClient, node: string): Promise<Capabilities> {
  const storages = await client.storages.list(node)
  return new Map(
    storages.map((storage) => [storage.storage, { ...client.storages.capabilities(storage), type: storage.type }]),
  )
}

const noSnapshot = (ct: ContainerRef, name: string | undefined): CmuxError =>
  new CmuxError('not-found', `${describe(ct)} has no snapshot${name === undefined ? '' : ` '${name}'`}`, {
    hint: `cmux-pve criu snapshots ${ct.vmid} lists those that it has.`,
  })

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
