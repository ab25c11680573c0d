import { type DeleteOptions, type DeleteOutcome, deleteInstance } from '../instance/delete.js'
import { findInstance, foundOrNothing } from '../instance/find.js'
import type { CriuContext } from './criu-context.js'
import { listAllCheckpoints } from './list.js'
import { removeAll } from './remove.js'

export interface DeletedWithCheckpoints extends DeleteOutcome {
  /** What was removed from the nodes, too. */
  readonly checkpoints: readonly { readonly node: string; readonly checkpoint: string }[]
}

/**
 * Deletes a container and then its checkpoints, on all nodes: the next container with its VMID would inherit them. They are looked for first, so
 * that nothing is deleted where no node can be looked at; and removed last, so that a deletion that fails loses no memory. Errors: those of
 * `deleteInstance` and `listAllCheckpoints`; `locked` when a command is at work on one.
 */
export async function deleteWithCheckpoints(
  context: CriuContext,
  reference: string,
  options: Omit<DeleteOptions, 'wait'> & { readonly ifExists?: boolean },
): Promise<DeletedWithCheckpoints> {
  const ct = await foundOrNothing(findInstance(context, reference), options.ifExists)
  if (ct === undefined) return { reference, found: false, checkpoints: [] }
  const all = await listAllCheckpoints(context, { references: [String(ct.vmid)] })
  const deleted = await deleteInstance(context, String(ct.vmid), { ...options, wait: true, withCheckpoints: true })
  // No mark is left to take away.
  await removeAll(
    context,
    all.map((one) => ({ ...one, asleep: false })),
  )
  return { ...deleted, reference, checkpoints: all.map(({ node, checkpoint }) => ({ node, checkpoint })) }
}
