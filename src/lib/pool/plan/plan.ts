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
  const own = members.flatMap((member) => planMember(member, known.get(member.record.template), observation))
  if (mode === 'paused') return own.filter(({ kind }) => kind === 'expire')
  const touched = new Set(own.flatMap((action) => ('member' in action ? [Number(action.member.vmid)] : [])))
  return [...own, ...templates.flatMap((template) => planTemplate(template, touched, observation))]
}
