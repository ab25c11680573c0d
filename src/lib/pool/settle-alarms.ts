import type { Vmid } from '../pve/client.js'
import { destroyAlarm } from './act/destroy.js'
import { heatingAlarm } from './act/heat.js'
import { lockAlarm } from './act/inspect-lock.js'
import type { Alarms } from './alarms.js'
import { type Hindrance, unreachable } from './hindrance.js'
import type { Observation } from './plan/observation.js'
import type { Alarm } from './pool.js'
import type { TemplatePolicy } from './settings.js'

/** Raises the alarms that an observation alone shows, and ends those whose cause is gone. */
export function settleAlarms(
  alarms: Alarms,
  { members, strangers, templates, nodes }: Observation,
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
  for (const { template, policy, sources, breaker, heatBreaker } of templates) {
    const hindrance = missing(template)
    if (hindrance !== undefined) {
      keep.add(`missing:${template}`)
      const { message, remedy } = hindrance
      alarms.raise(`missing:${template}`, { kind: 'missing-template', template, message, remedy })
    }
    const unknown = unknownNodes(template, policy, nodes)
    if (unknown !== undefined) {
      keep.add(`nodes:${template}`)
      alarms.raise(`nodes:${template}`, unknown)
    }
    if (heatBreaker !== 'closed') keep.add(heatingAlarm(template))
    if (breaker !== 'closed') keep.add(`breaker:${template}`)
    for (const { vmid, lock } of sources) if (lock !== undefined) keep.add(lockAlarm(vmid))
  }
  for (const prefix of ['lock:', 'destroy:', 'quarantine:', 'breaker:', 'heating:', 'missing:', 'nodes:'])
    alarms.clearExcept(prefix, keep)
}

/** Nodes that a template's containers shall be on, and that the cluster does not have: neither online nor offline. Pure. */
function unknownNodes(
  template: Vmid,
  { nodes: wanted = [] }: TemplatePolicy,
  nodes: Observation['nodes'],
): Alarm | undefined {
  const there = nodes.map(({ node }) => node).toSorted()
  const unknown = wanted.filter((node) => !there.includes(node))
  if (there.length === 0 || unknown.length === 0) return undefined
  const rest =
    unknown.length === wanted.length
      ? 'so none is made of it'
      : 'so its containers are made on the others that it names'
  return {
    kind: 'unknown-node',
    template,
    message: `Template ${template} names ${unknown.join(', ')} under nodes in pool.yaml, which the cluster does not have, ${rest}. It has ${there.join(', ')}`,
    remedy: 'Correct nodes in pool.yaml (POOL_CONFIG), and restart the daemon',
  }
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
