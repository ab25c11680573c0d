import { surplusClaims } from '../allocate/surplus.js'
import { leaseOf } from '../lease.js'
import type { Member } from '../member.js'
import type { Action } from './action.js'
import { NOBODY, returning, takeCensus } from './census.js'
import type { Observation } from './observation.js'
import { inspection, planMember } from './plan-member.js'
import { planTemplate } from './plan-template.js'

/**
 * What is to be done now. Pure: the same observation gives the same actions, and every daemon that sees the same picks the same
 * containers, so that of several only one succeeds with each.
 */
export function plan(observation: Observation): readonly Action[] {
  const { members, templates, mode } = observation
  const census = takeCensus(observation)
  const known = new Map(
    templates.map((template) => {
      const own = census.get(template.template) ?? NOBODY
      return [Number(template.template), { template, census: own, back: returning(template, own, observation) }]
    }),
  )
  const actions: Action[] = []
  for (const member of members) {
    const action = planMember(member, known.get(member.record.template), observation)
    if (action !== undefined) actions.push(action)
  }
  actions.push(...planDuplicates(actions, census.values(), observation))
  if (mode === 'paused') return actions.filter(({ kind }) => kind === 'expire')
  const touched = new Set(actions.flatMap((action) => ('member' in action ? [Number(action.member.vmid)] : [])))
  for (const stranger of observation.strangers) {
    const action = inspection(stranger, observation)
    if (action !== undefined) actions.push(action)
  }
  for (const kept of known.values()) actions.push(...planTemplate(kept, touched, observation))
  return actions
}

/** Milliseconds in which requests that gave one instance two containers settle that themselves; who does not know which one was answered waits as long again. */
const SETTLING = 15_000

/** An instance keeps one container. */
function planDuplicates(
  planned: readonly Action[],
  census: Iterable<{ readonly claimed: readonly Member[] }>,
  { isBusy, unchangedFor, isAnswered, now }: Observation,
): readonly Action[] {
  const going = new Set(planned.flatMap((action) => ('member' in action ? [Number(action.member.vmid)] : [])))
  const isOver = ({ record: { claim } }: Member) => claim === undefined || leaseOf(claim, now) === 'over'
  const claimed = [...census]
    .flatMap((own) => own.claimed)
    .filter((member) => !going.has(member.vmid) && !isBusy(member.vmid) && !isOver(member))
  return surplusClaims(claimed, isAnswered).flatMap(({ member, kept, isCertain, why }) => {
    const patience = isCertain ? SETTLING : 2 * SETTLING
    const isSettled = Math.min(unchangedFor(member.vmid), unchangedFor(kept.vmid)) >= patience
    return member.lock !== undefined || !isSettled ? [] : [{ kind: 'expire', member, kept, why }]
  })
}
