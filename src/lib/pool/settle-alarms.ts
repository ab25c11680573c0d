import type { Vmid } from '../pve/client.js'
import { destroyAlarm } from './act/destroy.js'
import { heatingAlarm } from './act/heat.js'
import { lockAlarm } from './act/inspect-lock.js'
import type { Alarms } from './alarms.js'
import { type Hindrance, unreachable } from './hindrance.js'
import type { Observation } from './plan/observation.js'

/** Raises the alarms that an observation alone shows, and ends those whose cause is gone. */
export function settleAlarms(
  alarms: Alarms,
  { members, strangers, templates }: Observation,
  missing: (template: Vmid) => Hindrance | undefined,
): void {
  const keep = new Set<string>()
  for (const { vmid, record, lock, node } of members) {
    if (lock !== undefined) keep.add(lockAlarm(vmid))
    if (record.state === 'releasing') keep.add(destroyAlarm(vmid))
    if (record.state !== 'quarantined') continue
    keep.add(`quarantine:${vmid}`)
    alarms.raise(`quarantine:${vmid}`, {
      kind: 'quarantine',
      vmid,
      template: record.template,
      message: `Container ${vmid} on node ${node} was set aside: ${record.reason ?? 'no reason is known'}`,
      remedy: `cmux-pve pool remove ${vmid}`,
    })
  }
  for (const { vmid } of strangers) keep.add(lockAlarm(vmid))
  for (const { template, sources, breaker, heatBreaker } of templates) {
    const hindrance = missing(template)
    if (hindrance !== undefined) {
      keep.add(`missing:${template}`)
      alarms.raise(`missing:${template}`, { kind: 'missing-template', template, ...hindrance })
    }
    if (heatBreaker !== 'closed') keep.add(heatingAlarm(template))
    if (breaker !== 'closed') keep.add(`breaker:${template}`)
    for (const { vmid, lock } of sources) if (lock !== undefined) keep.add(lockAlarm(vmid))
  }
  for (const prefix of ['lock:', 'destroy:', 'quarantine:', 'breaker:', 'heating:', 'missing:'])
    alarms.clearExcept(prefix, keep)
}

/** Says once that Proxmox does not answer, and ends that when it does. `trouble`: what was heard of the last look in place of an answer. */
export function settleReachability(alarms: Alarms, trouble: string | undefined): void {
  if (trouble === undefined) alarms.clear('unreachable')
  else
    alarms.raise('unreachable', {
      kind: 'unreachable',
      message: `Proxmox VE could not be observed the last time: ${trouble}`,
      remedy: unreachable(trouble).remedy,
    })
}
