import type { Member } from '../member.js'
import type { Action } from './action.js'
import { type Census, fillingNow, isCurrent, wanted } from './census.js'
import type { Observation, ObservedTemplate } from './observation.js'
import { placements } from './placement.js'
import { inspection, type Kept } from './plan-member.js'

/** So many of those that were set aside stay for somebody to look at; of more the oldest go. */
const KEPT_IN_QUARANTINE = 3

/** What the numbers ask for: fills, heating, and what is too much or outdated. `touched`: VMIDs that already have an action. */
export function planTemplate(kept: Kept, touched: ReadonlySet<number>, observation: Observation): readonly Action[] {
  const { template, census } = kept
  const isFree = ({ vmid, lock }: Member) => lock === undefined && !touched.has(vmid) && !observation.isBusy(vmid)
  const leftover = [...excessQuarantined(census, isFree), ...inspections(template, observation)]
  if (observation.mode === 'draining' || template.draining) return leftover
  const { fills, blocked } = planFills(kept, observation)
  const surplus = planSurplus(template, census, isFree)
  const stays = without(surplus, isFree)
  const outdated = planRollout(template, census, stays, blocked)
  const heats = planHeat(template, census, without(outdated, stays))
  return [...fills, ...surplus, ...outdated, ...leftover, ...heats]
}

/** Those that do not leave by one of these. */
function without(leaving: readonly Retirement[], isFree: IsFree): IsFree {
  const gone = new Set(leaving.map(({ member }) => member))
  return (member) => isFree(member) && !gone.has(member)
}

type IsFree = (member: Member) => boolean
type Retirement = Extract<Action, { readonly kind: 'retire' }>

function planFills(
  { template, census, back }: Kept,
  observation: Observation,
): { readonly fills: readonly Action[]; readonly blocked: boolean } {
  const { policy, begun, breaker, revision, waiting } = template
  const filling = fillingNow(template, census)
  const have = census.fresh.length + filling.length + begun + back.size
  const missing = wanted(template) - have
  const room = policy.max - census.all - begun
  if (missing <= 0 || revision === undefined || breaker === 'open') return { fills: [], blocked: false }
  if (room <= 0) return { fills: [], blocked: true }
  const running = begun + filling.filter(({ vmid }) => observation.isBusy(vmid)).length
  const most = breaker === 'half-open' ? 1 : (observation.batch ?? Number.POSITIVE_INFINITY)
  const begin = Math.min(missing, room, Math.max(0, most - running))
  if (begin === 0) return { fills: [], blocked: false }
  const places = placements(template, begin, observation)
  const why = `${have} of ${wanted(template)} are ready or on their way${waiting > 0 ? `, ${waiting} wait in line` : ''}`
  if (places.length === 0) return { fills: [{ kind: 'wait', template: template.template, why }], blocked: false }
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
function planSurplus({ policy }: ObservedTemplate, census: Census, isFree: IsFree): readonly Retirement[] {
  const over = census.all - census.releasing.length - policy.max
  if (over <= 0) return []
  // A job on a ready one takes it out of service, or comes to nothing and is planned again.
  const excess = over - busyOf([...census.fresh, ...census.outdated], isFree)
  if (excess <= 0) return []
  return [...census.outdated, ...census.fresh]
    .filter(isFree)
    .toSorted((a, b) => heat(a) - heat(b) || b.vmid - a.vmid)
    .slice(0, excess)
    .map((member) => ({ kind: 'retire', member, destroy: true, why: `there are more than ${policy.max} (max)` }))
}

/** Those of an earlier build of the template go as new ones become ready; when there is no room for new ones, one goes first. */
function planRollout(
  { breaker, policy }: ObservedTemplate,
  { fresh, outdated }: Census,
  isFree: IsFree,
  blocked: boolean,
): readonly Retirement[] {
  if (breaker !== 'closed' || outdated.length === 0) return []
  const keep = Math.max(0, policy.target - fresh.length, policy.min - fresh.length)
  const toMakeRoom = blocked && fresh.length + outdated.length > policy.min ? 1 : 0
  return outdated
    .filter(isFree)
    .toSorted((a, b) => a.vmid - b.vmid)
    .slice(0, Math.max(0, Math.max(outdated.length - keep, toMakeRoom) - busyOf(outdated, isFree)))
    .map((member) => ({ kind: 'retire', member, destroy: true, why: 'its template has changed' }))
}

function planHeat(template: ObservedTemplate, { fresh, filling }: Census, isFree: IsFree): readonly Action[] {
  const { hot } = template.policy
  if (template.heatBreaker === 'open' || hot === 0) return []
  const heating = filling.filter((member) => heat(member) === 1 && isCurrent(template, member)).length
  const stopped = fresh.filter((member) => heat(member) === 0)
  const busy = heating + busyOf(stopped, isFree)
  const have = fresh.length - stopped.length + busy
  const most = template.heatBreaker === 'half-open' ? Math.max(0, 1 - busy) : hot
  return stopped
    .filter(isFree)
    .toSorted((a, b) => a.vmid - b.vmid)
    .slice(0, Math.min(most, Math.max(0, Math.min(hot, wanted(template)) - have)))
    .map((member) => ({ kind: 'heat', member, why: `${have} of ${hot} run` }))
}

function excessQuarantined({ quarantined }: Census, isFree: IsFree): readonly Retirement[] {
  const why = `more than ${KEPT_IN_QUARANTINE} were set aside, and this is the oldest of them`
  return quarantined
    .toSorted((a, b) => b.record.since - a.record.since || b.vmid - a.vmid)
    .slice(KEPT_IN_QUARANTINE)
    .filter(isFree)
    .map((member) => ({ kind: 'retire', member, destroy: true, why }))
}

/** A source that stays locked stops all fills from it. */
const inspections = ({ sources }: ObservedTemplate, observation: Observation): readonly Action[] =>
  sources.flatMap(({ vmid, node, lock }) =>
    lock === undefined ? [] : (inspection({ vmid, node, lock }, observation) ?? []),
  )

/** Those that a job works on, or that are locked. */
const busyOf = (members: readonly Member[], isFree: IsFree): number =>
  members.filter((member) => !isFree(member)).length

const heat = ({ record }: Member): number => (record.tier.kind === 'hot' ? 1 : 0)
