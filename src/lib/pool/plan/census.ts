import type { Member } from '../member.js'
import type { Observation, ObservedTemplate } from './observation.js'

/** The containers of one template, sorted by what they are good for. */
export interface Census {
  readonly all: number
  /** Ready, clean, of the template as it is now. */
  readonly fresh: readonly Member[]
  /** Ready and clean, of an earlier build. */
  readonly outdated: readonly Member[]
  readonly filling: readonly Member[]
  readonly releasing: readonly Member[]
  readonly claimed: readonly Member[]
  readonly quarantined: readonly Member[]
}

type Growing = { -readonly [Key in keyof Census]: Census[Key] extends number ? number : Member[] }

const nobody = (): Growing => ({
  ...{ all: 0, fresh: [], outdated: [] },
  ...{ filling: [], releasing: [], claimed: [], quarantined: [] },
})

/** Counts all containers, once for every plan. */
export function takeCensus(observation: Observation): ReadonlyMap<number, Census> {
  const found = new Map<number, Growing>()
  const revisions = new Map(observation.templates.map(({ template, revision }) => [Number(template), revision]))
  for (const member of observation.members) {
    const { template, state, revision } = member.record
    let census = found.get(template)
    if (census === undefined) {
      census = nobody()
      found.set(template, census)
    }
    census.all++
    if (state !== 'ready') census[state].push(member)
    else if (observation.dirt(member) === undefined) {
      const now = revisions.get(template)
      if (now === undefined || now === revision) census.fresh.push(member)
      else census.outdated.push(member)
    }
  }
  return found
}

/** Of a template that nobody is made from. */
export const NOBODY: Census = nobody()

/** How many ready containers of a template there shall be at this moment. */
export const wanted = ({ policy, waiting, warm }: ObservedTemplate): number =>
  Math.max(policy.target, policy.min, warm) + waiting

/** Whether a container was made from the template as it is now. A template that is not found makes nobody outdated. */
export const isCurrent = ({ revision }: ObservedTemplate, { record }: Member): boolean =>
  revision === undefined || record.revision === revision

/** Released ones that are to come back: those that a job works on already, and the lowest VMIDs of the others, as far as they are needed. */
export function returning(template: ObservedTemplate, census: Census, observation: Observation): ReadonlySet<Member> {
  const { policy, begun } = template
  const back = census.releasing.filter(
    (member) =>
      isCurrent(template, member) &&
      member.record.destroy !== true &&
      member.record.owner === observation.owner &&
      !observation.isUncertain(member.vmid) &&
      policy.release !== 'destroy' &&
      (policy.release === 'reuse' || member.record.pristine !== undefined),
  )
  const working = back.filter(({ vmid }) => observation.isBusy(vmid))
  const idle = back.filter(({ vmid }) => !observation.isBusy(vmid)).toSorted((a, b) => a.vmid - b.vmid)
  const coming = census.fresh.length + fillingNow(template, census).length + begun + working.length
  return new Set([...working, ...idle.slice(0, Math.max(0, wanted(template) - coming))])
}

/** On their way to become ready, of the template as it is now. */
export const fillingNow = (template: ObservedTemplate, { filling }: Census): readonly Member[] =>
  filling.filter((member) => isCurrent(template, member))
