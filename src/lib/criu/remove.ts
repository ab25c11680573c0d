import { CmuxError } from '../errors.js'
import type { CriuContext } from './criu-context.js'
import { type ListedCheckpoint, listAllCheckpoints } from './list.js'
import { markAwake } from './sleep-mark.js'
import { removeCheckpoints } from './store.js'

export interface DeleteRequest {
  readonly names: readonly string[] | 'all'
  /** Also the one that the container sleeps in: its memory is lost then. */
  readonly force: boolean
}

/**
 * The checkpoints of one container that a request names. Errors: `not-found` for one that is not there; `conflict` for the one that the
 * container sleeps in, unless forced.
 */
export async function chooseCheckpoints(
  context: CriuContext,
  reference: string,
  { names, force }: DeleteRequest,
): Promise<readonly ListedCheckpoint[]> {
  const all = await listAllCheckpoints(context, { references: [reference] })
  const missing = names === 'all' ? undefined : names.find((name) => !all.some((one) => one.checkpoint === name))
  if (missing !== undefined || all.length === 0) {
    throw new CmuxError(
      'not-found',
      `Container ${reference} has no checkpoint${missing === undefined ? '' : ` ${missing}`}`,
      {
        hint: `cmux-pve criu list ${reference} shows what there is.`,
      },
    )
  }
  const chosen = names === 'all' ? all : all.filter(({ checkpoint }) => names.includes(checkpoint))
  const asleep = chosen.find((one) => one.asleep)
  if (asleep !== undefined && !force) {
    throw new CmuxError(
      'conflict',
      `Container ${reference} sleeps in checkpoint ${asleep.checkpoint}: without it its memory is lost`,
      {
        hint: `Wake it first (cmux-pve criu restore ${reference}), or say --force.`,
        data: { vmid: asleep.vmid, node: asleep.node, checkpoint: asleep.checkpoint },
      },
    )
  }
  return chosen
}

/**
 * Removes checkpoints from their nodes. A container that sleeps in one loses the mark first, so that nothing says it can be woken when its images are
 * half gone. Under `client.dryRun` it is only told. Errors: `locked` when a command is at work on one of the containers.
 */
export async function removeAll(context: CriuContext, checkpoints: readonly ListedCheckpoint[]): Promise<void> {
  const groups = new Map<string, ListedCheckpoint[]>()
  for (const one of checkpoints) {
    const key = `${one.node} ${one.vmid}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  for (const group of groups.values()) {
    const [first] = group
    if (first === undefined) continue
    const { vmid, node, container } = first
    const names = group.map(({ checkpoint }) => checkpoint)
    context.signal?.throwIfAborted()
    context.onProgress?.(`Removing ${names.join(', ')} of container ${vmid} on node ${node}`)
    const asleep = group.find((one) => one.asleep)
    if (asleep !== undefined && container !== undefined)
      await markAwake(context.client, { vmid, node: container.node }, asleep.checkpoint)
    context.onNodeCommand?.(node, `remove checkpoints ${names.join(' ')} of container ${vmid}`)
    if (!context.client.dryRun) await removeCheckpoints(await context.nodeShell(node), vmid, names)
  }
}

export interface PruneRules {
  /** Only those older than so many milliseconds. */
  readonly olderThan?: number | undefined
  /** The newest so many of each container stay, whatever their age. */
  readonly keep?: number | undefined
}

/**
 * Which checkpoints are to go. Never one that a container sleeps in, that a command is at work on, or whose container cannot be seen: it may
 * only be hidden from this token. Pure.
 */
export function prunable(
  checkpoints: readonly ListedCheckpoint[],
  rules: PruneRules,
  now: number,
): readonly ListedCheckpoint[] {
  const seen = new Map<number, number>()
  const newestFirst = checkpoints.toSorted((a, b) => (b.created ?? 0) - (a.created ?? 0))
  return newestFirst.filter(({ vmid, state, asleep, created = 0 }) => {
    const newer = seen.get(vmid) ?? 0
    seen.set(vmid, newer + 1)
    if (asleep || state === 'busy' || state === 'orphaned') return false
    if (rules.keep !== undefined && newer < rules.keep) return false
    return rules.olderThan === undefined || now - created * 1000 > rules.olderThan
  })
}
