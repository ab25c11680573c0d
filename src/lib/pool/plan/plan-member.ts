import { UNFINISHED_PATIENCE } from '../allocate/surplus.js'
import type { Action } from './action.js'
import { hasEnough } from './headcount.js'
import type { Observation, ObservedMember, ObservedTemplate } from './observation.js'

/**
 * Milliseconds after which a transitional state that nothing has changed in counts as left behind by a dead owner. Should the owner be
 * alive after all, its next write fails: this bound decides how long things take, never whether they are right.
 */
export const OWNER_PATIENCE = 60_000
/** A container that boots and is probed takes longer than one write after the other. */
export const HEATING_PATIENCE = 180_000
/** Milliseconds after which a lock is looked into. */
export const LOCK_PATIENCE = 60_000

/** What a single container needs, whatever the numbers are. */
export function planMember(
  member: ObservedMember,
  template: ObservedTemplate | undefined,
  observation: Observation,
): readonly Action[] {
  const { record, lock, vmid, node, unchangedFor } = member
  if (member.busy) return []
  if (lock !== undefined) {
    if (unchangedFor < LOCK_PATIENCE || lock === 'mounted') return []
    return [
      { kind: 'inspect', vmid, node, lock, why: `it is locked (${lock}) for ${Math.round(unchangedFor / 1000)} s` },
    ]
  }
  switch (record.state) {
    case 'claimed':
      return planClaimed(member, observation)
    case 'releasing':
      return planReleasing(member, template, observation)
    case 'filling':
      return planFilling(member, template, observation)
    case 'ready':
      return planReady(member, template, observation)
    case 'quarantined':
      return []
  }
}

function planClaimed(member: ObservedMember, { now }: Observation): readonly Action[] {
  const { expires, unfinished } = member.record.claim ?? {}
  if (unfinished && member.unchangedFor > UNFINISHED_PATIENCE)
    return [{ kind: 'expire', member, why: 'whoever claimed it has not finished what was to be put into it' }]
  if (expires === undefined || expires * 1000 > now) return []
  return [{ kind: 'expire', member, why: `its lease ended at ${new Date(expires * 1000).toISOString()}` }]
}

function planReleasing(
  member: ObservedMember,
  template: ObservedTemplate | undefined,
  observation: Observation,
): readonly Action[] {
  const { record, unchangedFor, uncertain } = member
  const destroy = (why: string): readonly Action[] => [{ kind: 'destroy', member, why }]
  if (record.owner !== observation.owner) {
    // A call of the one that was there before may still come through, and would hit whoever gets the container next.
    return unchangedFor < OWNER_PATIENCE ? [] : destroy('whoever released it does not carry on')
  }
  if (record.destroy) return destroy('it shall not come back')
  if (uncertain) return destroy('what became of an earlier attempt is not known')
  if (template === undefined) return destroy(`the pool keeps no containers of template ${record.template}`)
  const { policy, revision } = template
  if (observation.mode === 'draining' || template.draining) return destroy('the pool is being drained')
  if (policy.release === 'destroy') return destroy('released ones are destroyed (POOL_RELEASE)')
  if (revision !== undefined && revision !== record.revision) return destroy('its template has changed')
  if (policy.release === 'rollback' && record.pristine === undefined)
    return destroy('there is no pristine snapshot to go back to')
  if (hasEnough(template, member, observation)) return destroy('there are enough ready ones')
  return [{ kind: 'recycle', member, why: 'it was released' }]
}

function planFilling(
  member: ObservedMember,
  template: ObservedTemplate | undefined,
  { owner, mode }: Observation,
): readonly Action[] {
  const { record, unchangedFor } = member
  const heating = record.tier.kind === 'hot'
  const ours = record.owner === owner
  if (!ours && unchangedFor < (heating ? HEATING_PATIENCE : OWNER_PATIENCE)) return []
  const retire = (why: string, destroy: boolean): readonly Action[] => [{ kind: 'retire', member, destroy, why }]
  if (template === undefined) return retire(`the pool keeps no containers of template ${record.template}`, true)
  if (mode === 'draining' || template.draining) return retire('the pool is being drained', true)
  if (template.revision !== undefined && template.revision !== record.revision)
    return retire('its template has changed', true)
  if (heating) return retire('it did not become hot', !ours)
  if (member.running === true) return retire('it was started before it was ready', true)
  return [{ kind: 'finish', member, why: ours ? 'its fill was interrupted' : 'whoever filled it does not carry on' }]
}

function planReady(
  member: ObservedMember,
  template: ObservedTemplate | undefined,
  { mode }: Observation,
): readonly Action[] {
  const { record, dirt } = member
  const retire = (why: string, destroy: boolean): readonly Action[] => [{ kind: 'retire', member, destroy, why }]
  if (mode === 'draining' || template?.draining) return retire('the pool is being drained', true)
  if (template === undefined) return retire(`the pool keeps no containers of template ${record.template}`, true)
  return dirt === undefined ? [] : retire(dirt, template.policy.release === 'reuse')
}
