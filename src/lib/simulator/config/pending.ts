import type { ContainerConfig } from './container-config.js'
import type { UpdatePlan } from './update.js'

/** Whether anything waits for the next start. */
export function hasPending(_config: ContainerConfig): boolean {
  throw new Error('being built')
}

/** What a start makes of the pending changes (PVE-FACTS 3.5). */
export function applyPending(_config: ContainerConfig): UpdatePlan {
  throw new Error('being built')
}
