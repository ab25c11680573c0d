import type { Observation, ObservedMember, ObservedTemplate } from './observation.js'

/** How many ready containers of a template there shall be at this moment. */
export const wanted = ({ policy, waiting, warm }: ObservedTemplate): number =>
  Math.max(policy.target, policy.min, warm) + waiting

/** Whether a container was made from the template as it is now. A template that is not found makes nobody outdated. */
export const isCurrent = ({ revision }: ObservedTemplate, { record }: ObservedMember): boolean =>
  revision === undefined || record.revision === revision

/** The containers of a template. */
export const membersOf = ({ template }: ObservedTemplate, { members }: Observation): readonly ObservedMember[] =>
  members.filter(({ record }) => record.template === template)

/** Ready or about to become so, of the template as it is now. */
export function supplied(template: ObservedTemplate, members: readonly ObservedMember[]): readonly ObservedMember[] {
  return members.filter((member) => {
    const { state, destroy } = member.record
    if (!isCurrent(template, member)) return false
    if (state === 'ready') return member.dirt === undefined
    return state === 'filling' || (state === 'releasing' && destroy !== true && member.busy)
  })
}

/** Whether a released container would be one too many as a ready one. Of several the lowest VMIDs come back. */
export function hasEnough(template: ObservedTemplate, released: ObservedMember, observation: Observation): boolean {
  const members = membersOf(template, observation)
  const others = supplied(template, members).filter(({ vmid }) => vmid !== released.vmid)
  const before = members.filter(
    ({ vmid, record, busy }) =>
      record.state === 'releasing' &&
      record.destroy !== true &&
      !busy &&
      vmid < released.vmid &&
      record.owner === observation.owner,
  )
  return others.length + before.length + template.begun >= wanted(template)
}
