import { CmuxError, isCmuxError } from '../errors.js'
import type { ContainerRef, ContainerStatus } from '../pve/client.js'
import type { CriuContext } from './criu-context.js'
import { powerTasks } from './power-tasks.js'
import { readSleepMark, type SleepMark } from './sleep-mark.js'
import { type StaleReason, staleness } from './staleness.js'
import { listCheckpoints, type StoredCheckpoint } from './store.js'

/**
 * What a checkpoint is to its container: `asleep`: the container sleeps in it; `ready`: nothing is known against restoring it; `stale`: it no longer
 * fits (see `stale`); `busy`: a command is at work on it; `interrupted`: one was killed, `criu restore` settles it; `damaged`; `elsewhere`:
 * its container has moved to another node; `orphaned`: no such container can be seen.
 */
export type CheckpointState =
  | 'asleep'
  | 'ready'
  | 'stale'
  | 'busy'
  | 'interrupted'
  | 'damaged'
  | 'elsewhere'
  | 'orphaned'

export interface ListedCheckpoint {
  readonly vmid: number
  /** Hostname of the container now; when it is gone, as it was then. */
  readonly name?: string
  /** The node that holds the images. */
  readonly node: string
  readonly checkpoint: string
  readonly state: CheckpointState
  /** The container sleeps in it, wherever the container is now. */
  readonly asleep: boolean
  /** Seconds since the epoch. */
  readonly created?: number
  /** Bytes on the node's disk. */
  readonly bytes: number
  /** What speaks against restoring it. The disk is looked at by `criu inspect` only. */
  readonly stale: readonly StaleReason[]
  /** What the container is now, and where. */
  readonly container?: { readonly node: string; readonly status: 'running' | 'stopped' }
}

export interface ListRequest {
  /** VMIDs and hostnames; none: everything. A VMID may be one that is gone. */
  readonly references: readonly string[]
  readonly node?: string | undefined
}

/**
 * The checkpoints on all nodes that are online, with what they are to their containers. A node that is not, or cannot be looked at, is a warning.
 * Errors: `not-found` and `ambiguous` for hostnames; `not-found` for a node; those of the connection when no node at all can be looked at.
 */
export async function listAllCheckpoints(
  context: CriuContext,
  { references, node }: ListRequest,
): Promise<readonly ListedCheckpoint[]> {
  const containers = await context.client.containers.list()
  const wanted =
    references.length === 0 ? undefined : new Set(await Promise.all(references.map((one) => vmidOf(context, one))))
  const all = await storedAnywhere(context, await nodesToLookAt(context, node), wanted)
  const lists = await Promise.all(
    [...new Set(all.map(({ vmid }) => vmid))].map(async (vmid) => {
      const ct = containers.find((one) => one.vmid === vmid)
      const known = ct === undefined ? undefined : await readContainer(context, ct)
      return all.filter((one) => one.vmid === vmid).map((checkpoint) => listed(checkpoint, known))
    }),
  )
  return lists.flat().toSorted((a, b) => a.vmid - b.vmid || (a.created ?? 0) - (b.created ?? 0))
}

interface Known {
  readonly ct: ContainerStatus
  readonly config: Awaited<ReturnType<CriuContext['client']['containers']['config']>>
  readonly tasks: Awaited<ReturnType<typeof powerTasks>>
  readonly mark: SleepMark | undefined
}

async function readContainer({ client }: CriuContext, ct: ContainerStatus): Promise<Known> {
  const [config, tasks] = await Promise.all([client.containers.config(ct), powerTasks(client, ct)])
  return { ct, config, tasks, mark: readSleepMark(config.description) }
}

async function nodesToLookAt(context: CriuContext, node: string | undefined): Promise<readonly string[]> {
  const nodes = (await context.client.nodes.list()).filter((one) => node === undefined || one.node === node)
  if (node !== undefined && nodes.length === 0) {
    throw new CmuxError('not-found', `There is no node ${node} in the cluster`, {
      hint: '`cmux-pve criu status` shows those that there are.',
    })
  }
  for (const one of nodes) {
    if (one.status !== 'online') {
      context.onWarning?.(`The checkpoints on node ${one.node} are not known: it is ${one.status}`)
    }
  }
  return nodes.filter((one) => one.status === 'online').map((one) => one.node)
}

/** When nothing can be looked at, that there is nothing would be a lie. */
async function storedAnywhere(
  context: CriuContext,
  nodes: readonly string[],
  wanted: ReadonlySet<number> | undefined,
): Promise<readonly StoredCheckpoint[]> {
  const looks = await Promise.allSettled(nodes.map((node) => storedOn(context, node, wanted)))
  const failed = looks.filter((look) => look.status === 'rejected').length
  return looks.flatMap((look, at) => {
    if (look.status === 'fulfilled') return look.value
    const error: unknown = look.reason
    if (failed === nodes.length || !isCmuxError(error) || error.code === 'interrupted') throw error
    context.onWarning?.(`The checkpoints on node ${nodes[at]} are not known: ${error.message}`)
    return []
  })
}

async function storedOn(
  context: CriuContext,
  node: string,
  wanted: ReadonlySet<number> | undefined,
): Promise<readonly StoredCheckpoint[]> {
  const shell = await context.nodeShell(node)
  const [only] = wanted ?? []
  const all = await listCheckpoints(shell, node, wanted?.size === 1 ? only : undefined)
  return all.filter(({ vmid }) => wanted?.has(vmid) ?? true)
}

/** What a checkpoint is, from what is known of its container. Pure. */
function listed(stored: StoredCheckpoint, known: Known | undefined): ListedCheckpoint {
  const { vmid, node, name: checkpoint, bytes } = stored
  const intent =
    stored.state === 'finished' ? stored.manifest : stored.state === 'unfinished' ? stored.intent : undefined
  const name = known?.ct.name ?? intent?.hostname
  const stale = staleReasons(stored, known)
  return {
    vmid,
    ...(name !== undefined && { name }),
    node,
    checkpoint,
    state: stateOf(stored, known, stale),
    asleep: isAsleepIn(stored, known),
    ...(intent !== undefined && { created: intent.created }),
    bytes,
    stale,
    ...(known !== undefined && { container: { node: known.ct.node, status: known.ct.status } }),
  }
}

function stateOf(stored: StoredCheckpoint, known: Known | undefined, stale: readonly StaleReason[]): CheckpointState {
  if (stored.busy) return 'busy'
  if (known === undefined) return 'orphaned'
  if (stored.state === 'damaged') return 'damaged'
  if (stored.state === 'unfinished') return 'interrupted'
  if (known.ct.node !== stored.node) return 'elsewhere'
  if (stale.length > 0) return 'stale'
  return isAsleepIn(stored, known) ? 'asleep' : 'ready'
}

function isAsleepIn({ name, node }: StoredCheckpoint, known: Known | undefined): boolean {
  if (known === undefined || known.ct.status !== 'stopped') return false
  return known.mark?.checkpoint === name && known.mark.node === node
}

function staleReasons(stored: StoredCheckpoint, known: Known | undefined): readonly StaleReason[] {
  if (stored.state !== 'finished' || known === undefined || known.ct.node !== stored.node) return []
  const { config, tasks } = known
  return staleness(stored.manifest, {
    config,
    tasks,
    ...(stored.restored !== undefined && { restored: stored.restored }),
  })
}

/** A number need not be that of a container that still exists. */
async function vmidOf({ client }: CriuContext, reference: string): Promise<number> {
  const ct: ContainerRef | undefined = await client.containers.find(reference).catch((error: unknown) => {
    if (isCmuxError(error, 'not-found') && /^\d+$/.test(reference)) return undefined
    throw error
  })
  return ct?.vmid ?? Number(reference)
}
