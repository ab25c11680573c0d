import { surplusClaims } from '../allocate/surplus.js'
import type { Action } from './action.js'
import type { Observation } from './observation.js'
import { planMember } from './plan-member.js'
import { planTemplate } from './plan-template.js'

/**
 * What is to be done now. Pure: the same observation gives the same actions, and every daemon that sees the same picks the same
 * containers, so that of several only one succeeds with each.
 */
export function plan(observation: Observation): readonly Action[] {
  const { members, templates, mode } = observation
  const known = new Map(templates.map((entry) => [Number(entry.template), entry]))
  const single = members.flatMap((member) => planMember(member, known.get(member.record.template), observation))
  const own = [...single, ...planDuplicates(single, observation)]
  if (mode === 'paused') return own.filter(({ kind }) => kind === 'expire')
  const touched = new Set(own.flatMap((action) => ('member' in action ? [Number(action.member.vmid)] : [])))
  return [...own, ...templates.flatMap((template) => planTemplate(template, touched, observation))]
}

/** Milliseconds in which daemons that gave one instance two containers settle that themselves. */
const SETTLING = 15_000

/** An instance keeps one container; which one, every daemon finds alike. */
function planDuplicates(planned: readonly Action[], { members }: Observation): readonly Action[] {
  const going = new Set(planned.flatMap((action) => ('member' in action ? [Number(action.member.vmid)] : [])))
  const claimed = members.filter(({ record, vmid }) => record.state === 'claimed' && !going.has(vmid))
  const byVmid = new Map(claimed.map((member) => [Number(member.vmid), member]))
  return surplusClaims(claimed).flatMap(({ member, why }) => {
    const surplus = byVmid.get(member.vmid)
    if (surplus === undefined || surplus.busy || surplus.lock !== undefined || surplus.unchangedFor < SETTLING)
      return []
    return [{ kind: 'expire', member: surplus, why }]
  })
}
