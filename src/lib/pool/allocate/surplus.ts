import type { Member } from '../member.js'
import type { Claim } from '../record.js'

/** Milliseconds after which a claim whose request has not put everything inside counts as left by a daemon that died. */
export const UNFINISHED_PATIENCE = 90_000

/** A claimed container that its instance must not keep, because it has another one. */
export interface Surplus<M extends Member> {
  readonly member: M
  /** The other one. */
  readonly kept: M
  /** Nobody was answered with this one, or this run was with the other. */
  readonly isCertain: boolean
  readonly why: string
}

/**
 * Of the containers that one instance holds at the same time (a daemon died between two of them, a write came much too late), all but one. What a
 * later claim of the same request gave up was never answered, nor one that is not finished. Of the others stays the one that this run
 * has answered with. Who has answered with none goes by the oldest claim, as whoever claimed later and looked around saw that; a claim that was carried
 * out after its daemon's death can be older all the same, so they leave it to who knows. Pure.
 */
export function surplusClaims<M extends Member>(
  members: readonly M[],
  isAnswered: (claimId: string) => boolean,
): readonly Surplus<M>[] {
  const holders = new Map<string, { readonly member: M; readonly claim: Claim }[]>()
  for (const member of members) {
    const { claim } = member.record
    if (claim === undefined) continue
    const held = holders.get(claim.instanceId)
    if (held === undefined) holders.set(claim.instanceId, [{ member, claim }])
    else held.push({ member, claim })
  }
  return [...holders.values()].flatMap((held) => {
    if (held.length < 2) return []
    const givenUp = new Set(held.flatMap(({ claim }) => claim.supersedes ?? []))
    const unanswered = ({ id, unfinished }: Claim) => Number(givenUp.has(id) || unfinished === true)
    const unknown = ({ id }: Claim) => Number(!isAnswered(id))
    const [kept, ...others] = held.toSorted(
      (a, b) =>
        unanswered(a.claim) - unanswered(b.claim) ||
        unknown(a.claim) - unknown(b.claim) ||
        a.claim.at - b.claim.at ||
        a.member.vmid - b.member.vmid,
    )
    if (kept === undefined) return []
    const isKnown = isAnswered(kept.claim.id)
    return others.map(({ member, claim }) => ({
      member,
      kept: kept.member,
      isCertain: unanswered(claim) === 1 || isKnown,
      why: `instance ${claim.instanceId} holds container ${kept.member.vmid} already`,
    }))
  })
}
