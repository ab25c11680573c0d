import { cloneInstance } from '../instance/clone.js'
import { replicaTag, revisionTag } from '../instance/clone-sources.js'
import { revisionOf } from '../instance/revision.js'
import { deadlineIn, type Patience, type ServiceContext } from '../instance/service-context.js'
import { explain } from '../instance/task-step.js'
import type { ContainerAddress } from '../pve/client.js'
import { makeTemplate } from './convert.js'
import { findTemplate } from './info.js'

export interface ReplicateRequest extends Omit<Patience, 'wait'> {
  readonly count: number
  readonly storage?: string | undefined
  readonly node?: string | undefined
}

export interface ReplicateOutcome {
  readonly template: ContainerAddress
  readonly replicas: readonly (ContainerAddress & { readonly name: string })[]
}

/**
 * Makes full copies of a template that are templates themselves, tagged so that clones are made from them too: Proxmox lets one clone
 * at a time read a source, and so as many run at once as there are copies. They say of which build of the template they are, and are left
 * alone when that is another. One that fails leaves the earlier ones in place.
 */
export async function replicateTemplate(
  context: ServiceContext,
  reference: string,
  request: ReplicateRequest,
): Promise<ReplicateOutcome> {
  const deadline = deadlineIn(context.clock, request.timeout)
  const template = await findTemplate(context.client, reference)
  // Read before the copies are made: should the template be made anew meanwhile, they count as older than they are.
  const config = await context.client.containers.config(template)
  const replicas: (ContainerAddress & { readonly name: string })[] = []
  for (let number = 1; number <= request.count; number++) {
    context.onProgress?.(`Make replica ${number} of ${request.count}`)
    try {
      const clone = await cloneInstance(context, {
        source: String(template.vmid),
        full: true,
        tags: [...config.tags, replicaTag(template.vmid), revisionTag(revisionOf(config))],
        ...(request.storage !== undefined && { storage: request.storage }),
        ...(request.node !== undefined && { node: request.node }),
        wait: true,
        timeout: deadline.remaining(),
      })
      await makeTemplate(context, clone, deadline)
      replicas.push({ vmid: clone.vmid, node: clone.node, name: clone.name })
    } catch (error) {
      const made = replicas.map(({ vmid }) => vmid).join(', ')
      throw explain(error, {
        message: `Of ${request.count} replicas ${replicas.length} were made${made === '' ? '' : ` (${made})`}`,
        data: { replicas },
      })
    }
  }
  return { template: { vmid: template.vmid, node: template.node }, replicas }
}
