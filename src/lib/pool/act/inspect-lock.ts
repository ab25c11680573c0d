import type { Alarms } from '../alarms.js'
import type { Action } from '../plan/action.js'
import type { ActContext } from './act-context.js'

export const lockAlarm = (vmid: number): string => `lock:${vmid}`

/** Alarms a lock that no task is behind: its worker was killed, and nothing in the API clears it (PVE-FACTS 9). */
export async function inspectLock(
  { client }: ActContext,
  alarms: Alarms,
  { vmid, node, lock }: Extract<Action, { readonly kind: 'inspect' }>,
): Promise<void> {
  const active = await client.tasks.list(node, { source: 'active' })
  // A clone carries the VMID of its source, a backup may carry none (PVE-FACTS 2.2).
  const explains = active.some(
    ({ running, id, type }) =>
      running && (id === String(vmid) || type === 'vzclone' || (type === 'vzdump' && lock === 'backup')),
  )
  if (explains) return alarms.clear(lockAlarm(vmid))
  alarms.raise(lockAlarm(vmid), {
    kind: 'stuck-lock',
    vmid,
    message: `Container ${vmid} on node ${node} is locked (${lock}), and no task that this token can see works on it`,
    remedy: `On node ${node}: pct unlock ${vmid}`,
  })
}
