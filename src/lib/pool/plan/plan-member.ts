import type { Vmid } from '../../pve/client.js'
import { UNFINISHED_PATIENCE } from '../allocate/surplus.js'
import { leaseOf } from '../lease.js'
import type { Member } from '../member.js'
import type { Action } from './action.js'
import type { Census } from './census.js'
import type { Observation, ObservedTemplate } from './observation.js'

/**
 * Milliseconds after which a transitional state that nothing has changed in counts as left behind by a dead owner. Should the owner be
 * alive after all, its next write fails: this bound decides how long things take, never whether they are right.
 */
export const OWNER_PATIENCE = 60_000
/** A container that boots and is probed takes longer than one write after the other. */
const HEATING_PATIENCE = 180_000
/** Milliseconds after which a lock is looked into. */
const LOCK_PATIENCE = 60_000

/** A template that the pool keeps containers of. */
export interface Kept {
  readonly template: ObservedTemplate
  readonly census: Census
  /** Released ones that are to become ready again. */
  readonly back: ReadonlySet<Member>
}

/** What a single container needs, whatever the numbers are; most need nothing. */
export function planMember(member: Member, kept: Kept | undefined, observation: Observation): Action | undefined {
  const { record, lock, vmid, node } = member
  if (record.state === 'quarantined' || observation.isBusy(vmid)) return undefined
  if (lock !== undefined) {
    return lock === 'mounted' ? undefined : inspection({ vmid, node, lock }, observation)
  }
  switch (record.state) {
    case 'claimed':
      return planClaimed(member, observation)
    case 'releasing':
      return planReleasing(member, kept, observation)
    case 'filling':
      return planFilling(member, kept?.template, observation)
    case 'ready':
      return planReady(member, kept?.template, observation)
  }
}

function planClaimed(member: Member, { now, unchangedFor }: Observation): Action | undefined {
  const { claim } = member.record
  if (claim?.unfinished && unchangedFor(member.vmid) > UNFINISHED_PATIENCE)
    return { kind: 'expire', member, why: 'whoever claimed it has not finished what was to be put into it' }
  if (claim?.expires === undefined || leaseOf(claim, now) !== 'over') return undefined
  return { kind: 'expire', member, why: `its lease ended at ${new Date(claim.expires * 1000).toISOString()}` }
}

function planReleasing(member: Member, kept: Kept | undefined, observation: Observation): Action | undefined {
  const { record, vmid } = member
  const destroy = (why: string): Action => ({ kind: 'destroy', member, why })
  if (record.owner !== observation.owner) {
    // A call of the one that was there before may still come through, and would hit whoever gets the container next.
    return observation.unchangedFor(vmid) < OWNER_PATIENCE
      ? undefined
      : destroy('whoever released it does not carry on')
  }
  if (record.destroy) return destroy('it shall not come back')
  if (observation.isUncertain(vmid)) return destroy('what became of an earlier attempt is not known')
  if (kept === undefined) return destroy(`the pool keeps no containers of template ${record.template}`)
  const { policy, revision, draining } = kept.template
  if (observation.mode === 'draining' || draining) return destroy('the pool is being drained')
  if (policy.release === 'destroy') return destroy('released ones are destroyed (POOL_RELEASE)')
  if (revision !== undefined && revision !== record.revision) return destroy('its template has changed')
  if (policy.release === 'rollback' && record.pristine === undefined)
    return destroy('there is no pristine snapshot to go back to')
  if (!kept.back.has(member)) return destroy('there are enough ready ones')
  return { kind: 'recycle', member, why: 'it was released' }
}

function planFilling(
  member: Member,
  template: ObservedTemplate | undefined,
  observation: Observation,
): Action | undefined {
  const { owner, mode } = observation
  const { record, vmid } = member
  const heating = record.tier.kind === 'hot'
  const ours = record.owner === owner
  if (!ours && observation.unchangedFor(vmid) < (heating ? HEATING_PATIENCE : OWNER_PATIENCE)) return undefined
  const retire = (why: string, destroy: boolean): Action => ({ kind: 'retire', member, destroy, why })
  if (template === undefined) return retire(`the pool keeps no containers of template ${record.template}`, true)
  if (mode === 'draining' || template.draining) return retire('the pool is being drained', true)
  if (template.revision !== undefined && template.revision !== record.revision)
    return retire('its template has changed', true)
  if (observation.isOlderThanBoot(member))
    return retire('its node has booted since: what was written last, and that somebody had it, may be lost', true)
  if (!member.whole) return retire('its clone was never completed', true)
  if (heating) return retire('it did not become hot', !ours)
  if (member.running === true) return retire('it was started before it was ready', true)
  return { kind: 'finish', member, why: ours ? 'its fill was interrupted' : 'whoever filled it does not carry on' }
}

function planReady(
  member: Member,
  template: ObservedTemplate | undefined,
  { mode, dirt }: Observation,
): Action | undefined {
  const retire = (why: string, destroy: boolean): Action => ({ kind: 'retire', member, destroy, why })
  if (template === undefined) return retire(`the pool keeps no containers of template ${member.record.template}`, true)
  if (mode === 'draining' || template.draining) return retire('the pool is being drained', true)
  const dirty = dirt(member)
  return dirty === undefined ? undefined : retire(dirty, template.policy.release === 'reuse')
}

/** A lock that has stood for long. */
export function inspection(
  { vmid, node, lock }: { readonly vmid: Vmid; readonly node: string; readonly lock: string },
  { sameLockFor }: Observation,
): Action | undefined {
  const age = sameLockFor(vmid)
  if (age < LOCK_PATIENCE) return undefined
  return { kind: 'inspect', vmid, node, lock, why: `it is locked (${lock}) for ${Math.round(age / 1000)} s` }
}
