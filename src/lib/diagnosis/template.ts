import { isCmuxError } from '../errors.js'
import type { PveClient } from '../pve/client.js'
import type { Finding } from './finding.js'

/** Whether PVE_TEMPLATE_VMID names a template. A missing one is a warning: somebody who starts has none yet. */
export async function checkTemplate(client: PveClient, vmid: number): Promise<readonly Finding[]> {
  const found = { topic: 'template', subject: `template ${vmid}` } as const
  try {
    const container = await client.containers.find(vmid)
    if (container.template) return [{ ...found, verdict: 'ok', detail: `${container.name} on node ${container.node}` }]
    return [
      {
        ...found,
        verdict: 'failed',
        detail: `${container.name} on node ${container.node} is a container, not a template`,
        remedy: `Convert it (cmux-pve template convert ${vmid}), or set PVE_TEMPLATE_VMID to a template.`,
        code: 'conflict',
      },
    ]
  } catch (error) {
    if (!isCmuxError(error, 'not-found')) throw error
    return [
      {
        ...found,
        verdict: 'warning',
        detail: 'does not exist, or the token may not see it',
        remedy: `Make one (cmux-pve template create ${vmid}, then cmux-pve template convert ${vmid}), or set PVE_TEMPLATE_VMID.`,
      },
    ]
  }
}
