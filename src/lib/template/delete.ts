import { CmuxError } from '../errors.js'
import { type DeleteOptions, type DeleteOutcome, removeContainer } from '../instance/delete.js'
import { foundOrNothing } from '../instance/find.js'
import type { ServiceContext } from '../instance/service-context.js'
import { findTemplate, templateBonds } from './info.js'

/**
 * Deletes a template and its disks. One with linked clones is refused, naming them; with `force` it is tried all the same, and the
 * storages that need the base disk refuse (PVE-FACTS 6.2). LVM-thin and btrfs clones do not need it. Replicas stay.
 */
export async function deleteTemplate(
  context: ServiceContext,
  reference: string,
  options: DeleteOptions & { readonly ifExists?: boolean },
): Promise<DeleteOutcome> {
  const ct = await foundOrNothing(
    findTemplate(context.client, reference, (vmid) => `Delete a container with \`cmux-pve instance delete ${vmid}\`.`),
    options.ifExists,
  )
  if (ct === undefined) return { reference, found: false }
  const { linkedClones = [], replicas: current, outdatedReplicas = [] } = await templateBonds(context.client, ct)
  const replicas = [...current, ...outdatedReplicas]
  if (linkedClones.length > 0 && !options.force) {
    throw new CmuxError(
      'in-use',
      `Template ${ct.vmid} (${ct.name}) on node ${ct.node} has ${linkedClones.length} linked clones: ${some(linkedClones)}`,
      {
        hint: 'Their disks need its disks: delete the clones first.',
      },
    )
  }
  if (replicas.length > 0) {
    context.onWarning?.(`Its replicas stay: ${some(replicas.map(({ vmid }) => vmid))}`)
  }
  return { reference, found: true, ...(await removeContainer(context, ct, { ...options, force: false })) }
}

const some = (vmids: readonly number[]): string =>
  vmids.length > 10 ? `${vmids.slice(0, 10).join(', ')} and ${vmids.length - 10} more` : vmids.join(', ')
