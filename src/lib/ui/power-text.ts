import type { DeletedWithCheckpoints } from '../criu/delete-instance.js'
import type { DeleteOutcome } from '../instance/delete.js'
import type { PowerOutcome } from '../instance/power.js'

/** Sentences about one container that was started, stopped or restarted; about one nobody waited for; about one left alone. */
export const powerText =
  (done: string, doing: string, already: string) =>
  ({ vmid, name, node, changed, status }: PowerOutcome): string => {
    const container = `container ${vmid} (${name}) on node ${node}`
    if (!changed) return `Container ${vmid} (${name}) on node ${node} ${already}`
    return `${status === undefined ? doing : done} ${container}`
  }

/** Sentences about one container or template that was deleted. */
export const deletionText =
  (waited: boolean) =>
  ({ found, reference, vmid, name, node, checkpoints = [] }: DeleteOutcome & Partial<DeletedWithCheckpoints>): string =>
    found
      ? `${waited ? 'Deleted' : 'Deleting'} ${vmid} (${name}) on node ${node}${
          checkpoints.length === 0
            ? ''
            : ` and what was kept of its memory: ${checkpoints.map(({ checkpoint }) => checkpoint).join(', ')}`
        }`
      : `There is no container ${reference}`
