import type { Action } from './action.js'
import { isCurrent, membersOf, supplied, wanted } from './headcount.js'
import type { Observation, ObservedMember, ObservedTemplate } from './observation.js'
import { placements } from './placement.js'
import { LOCK_PATIENCE } from './plan-member.js'

/** So many of those that were set aside stay for somebody to look at; of more the oldest go. */
const KEPT_IN_QUARANTINE = 3

/** What the numbers ask for: fills, heating, and what is too much or outdated. `touched`: VMIDs that already have an action. */
export function planTemplate(
  template: ObservedTemplate,
  touched: ReadonlySet<number>,
  observation: Observation,
): readonly Action[] {
  const members = membersOf(template, observation)
  const untouched = members.filter(({ vmid, busy, lock }) => !touched.has(vmid) && !busy && lock === undefined)
  const leftover = [...excessQuarantined(untouched), ...inspections(template)]
  if (observation.mode === 'draining' || template.draining) return leftover
  const { fills, blocked } = planFills(template, members, touched, observation)
  const surplus = planSurplus(template, members, untouched)
  const outdated = planRollout(template, members, untouched, blocked)
  const leaving = new Set(
    [...surplus, ...outdated].flatMap((action) => ('member' in action ? [action.member.vmid] : [])),
  )
  const stay = untouched.filter(({ vmid }) => !leaving.has(vmid))
  return [...fills, ...surplus, ...outdated, ...leftover, ...planHeat(template, members, stay)]
}

function planFills(
  template: ObservedTemplate,
  members: readonly ObservedMember[],
  touched: ReadonlySet<number>,
  observation: Observation,
): { readonly fills: readonly Action[]; readonly blocked: boolean } {
  const { policy, begun, breaker, revision, waiting } = template
  const returning = members.filter(
    ({ vmid, record, busy }) =>
      record.state === 'releasing' &&
      record.destroy !== true &&
      !busy &&
      touched.has(vmid) &&
      policy.release !== 'destroy',
  )
  const have = supplied(template, members).length + begun + returning.length
  const missing = wanted(template) - have
  const room = policy.max - members.length - begun
  if (missing <= 0 || revision === undefined || breaker === 'open') return { fills: [], blocked: false }
  if (room <= 0) return { fills: [], blocked: true }
  const running = begun + members.filter(({ record, busy }) => record.state === 'filling' && busy).length
  const batch = Math.max(0, (observation.batch ?? Number.POSITIVE_INFINITY) - running)
  const begin = Math.min(
    missing,
    room,
    batch,
    breaker === 'half-open' ? (begun === 0 ? 1 : 0) : Number.POSITIVE_INFINITY,
  )
  const places = placements(template, begin, observation)
  const why = `${have} of ${wanted(template)} are ready or on their way${waiting > 0 ? `, ${waiting} wait in line` : ''}`
  if (places.length === 0 && begin > 0)
    return { fills: [{ kind: 'wait', template: template.template, why }], blocked: false }
  return {
    fills: places.map(({ source, node }) => ({
      kind: 'fill',
      template: template.template,
      revision,
      source,
      node,
      why,
    })),
    blocked: false,
  }
}

/** More than there may be: those that nobody holds go, the highest VMIDs first, so that every daemon picks the same. */
function planSurplus(
  { policy }: ObservedTemplate,
  members: readonly ObservedMember[],
  untouched: readonly ObservedMember[],
): readonly Action[] {
  const leaving = members.filter(({ record }) => record.state === 'releasing').length
  const excess = members.length - leaving - policy.max
  if (excess <= 0) return []
  return untouched
    .filter(({ record }) => record.state === 'ready')
    .toSorted((a, b) => heat(a) - heat(b) || b.vmid - a.vmid)
    .slice(0, excess)
    .map((member) => ({ kind: 'retire', member, destroy: true, why: `there are more than ${policy.max} (max)` }))
}

/** Those of an earlier build of the template go as new ones become ready; when there is no room for new ones, one goes first. */
function planRollout(
  template: ObservedTemplate,
  members: readonly ObservedMember[],
  untouched: readonly ObservedMember[],
  blocked: boolean,
): readonly Action[] {
  if (template.breaker === 'open') return []
  const { policy } = template
  const ready = members.filter(({ record, dirt }) => record.state === 'ready' && dirt === undefined)
  const fresh = ready.filter((member) => isCurrent(template, member)).length
  const old = ready.length - fresh
  const keep = Math.max(0, policy.target - fresh, policy.min - fresh)
  const toMakeRoom = blocked && old > 0 && ready.length > policy.min ? 1 : 0
  const go = Math.max(old - keep, toMakeRoom)
  if (go <= 0) return []
  return untouched
    .filter((member) => member.record.state === 'ready' && member.dirt === undefined && !isCurrent(template, member))
    .toSorted((a, b) => a.vmid - b.vmid)
    .slice(0, go)
    .map((member) => ({ kind: 'retire', member, destroy: true, why: 'its template has changed' }))
}

function planHeat(
  template: ObservedTemplate,
  members: readonly ObservedMember[],
  untouched: readonly ObservedMember[],
): readonly Action[] {
  if (template.heatBlocked) return []
  const hot = members.filter(
    (member) =>
      (member.record.state === 'ready' || member.record.state === 'filling') &&
      member.record.tier.kind === 'hot' &&
      member.dirt === undefined &&
      isCurrent(template, member),
  ).length
  const missing = Math.min(template.policy.hot, wanted(template)) - hot
  if (missing <= 0) return []
  return untouched
    .filter((member) => member.record.state === 'ready' && member.dirt === undefined && isCurrent(template, member))
    .filter(({ record }) => record.tier.kind === 'stopped')
    .toSorted((a, b) => a.vmid - b.vmid)
    .slice(0, missing)
    .map((member) => ({ kind: 'heat', member, why: `${hot} of ${template.policy.hot} run` }))
}

function excessQuarantined(untouched: readonly ObservedMember[]): readonly Action[] {
  return untouched
    .filter(({ record }) => record.state === 'quarantined')
    .toSorted((a, b) => b.record.since - a.record.since || b.vmid - a.vmid)
    .slice(KEPT_IN_QUARANTINE)
    .map((member) => ({
      kind: 'retire',
      member,
      destroy: true,
      why: `more than ${KEPT_IN_QUARANTINE} were set aside, and this is the oldest of them`,
    }))
}

const heat = ({ record }: ObservedMember): number => (record.tier.kind === 'hot' ? 1 : 0)

/** A source that stays locked stops all fills from it. */
const inspections = ({ sources }: ObservedTemplate): readonly Action[] =>
  sources.flatMap(({ vmid, node, lock, lockedFor }) =>
    lock === undefined || lockedFor < LOCK_PATIENCE
      ? []
      : [{ kind: 'inspect', vmid, node, lock, why: `it is locked (${lock}) for ${Math.round(lockedFor / 1000)} s` }],
  )
