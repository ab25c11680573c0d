import { CmuxError } from '../errors.js'
import { type DeleteOptions, type DeleteOutcome, removeContainer } from '../instance/delete.js'
import { describe, foundOrNothing } from '../instance/find.js'
import { deadlineIn, type ServiceContext } from '../instance/service-context.js'
import { isBusyCopying, waitForFreeSource } from '../instance/source-lock.js'
import type { ContainerRef } from '../pve/client.js'
import { findTemplate, templateBonds } from './info.js'

/**
 * Deletes a template and its disks. One with linked clones is refused, naming them; with `force` it is tried all the same, and the
 * storages that need the base disk refuse (PVE-FACTS 6.2). LVM-thin and btrfs clones do not need it. Replicas stay. One that is being
 * cloned is waited for, and then looked at anew.
 */
export async function deleteTemplate(
  context: ServiceContext,
  reference: string,
  options: DeleteOptions & { readonly ifExists?: boolean },
): Promise<DeleteOutcome> {
  const deadline = deadlineIn(context.clock, options.timeout)
  for (;;) {
    const ct = await foundOrNothing(
      findTemplate(
        context.client,
        reference,
        (vmid) => `Delete a container with \`cmux-pve instance delete ${vmid}\`.`,
      ),
      options.ifExists,
    )
    if (ct === undefined) return { reference, found: false }
    const replicas = await checkBonds(context, ct, options.force)
    try {
      const timeout = deadline.remaining()
      const outcome = await removeContainer(context, ct, { ...options, timeout, force: false })
      if (replicas.length > 0) context.onWarning?.(`Its replicas stay: ${some(replicas)}`)
      return { reference, found: true, ...outcome }
    } catch (error) {
      if (!options.wait || !isBusyCopying(error)) throw error
      context.onProgress?.(`Wait for ${describe(ct)}, which somebody is cloning`)
      await waitForFreeSource(context, [ct], deadline)
    }
  }
}

/** Refuses what has linked clones, and gives the replicas. */
async function checkBonds(
  { client }: ServiceContext,
  ct: ContainerRef,
  force: boolean | undefined,
): Promise<readonly number[]> {
  const { linkedClones = [], replicas, outdatedReplicas = [] } = await templateBonds(client, ct)
  if (linkedClones.length > 0 && !force) {
    throw new CmuxError(
      'in-use',
      `Template ${ct.vmid} (${ct.name}) on node ${ct.node} has ${linkedClones.length} linked clones: ${some(linkedClones)}`,
      {
        hint: 'Their disks need its disks: delete the clones first.',
      },
    )
  }
  return [...replicas, ...outdatedReplicas].map(({ vmid }) => vmid)
}

const some = (vmids: readonly number[]): string =>
  vmids.length > 10 ? `${vmids.slice(0, 10).join(', ')} and ${vmids.length - 10} more` : vmids.join(', ')
