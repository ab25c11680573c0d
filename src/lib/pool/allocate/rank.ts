import type { Member } from '../member.js'

export interface Wish {
  readonly instanceId: string
  /** A running one saves the start; where none is asked for, a stopped one is what was asked for. */
  readonly start: boolean
}

/**
 * The candidate to try first, of those that `usable` lets pass. The kind that fits comes first; within it, rendezvous hashing decides: daemons
 * that are asked for one instance at the same time meet at the same container, where the digest lets one of them win, and
 * different instances hardly ever get in each other's way. Pure.
 */
export function preferred(
  candidates: readonly Member[],
  wish: Wish,
  usable: (member: Member) => boolean,
): Member | undefined {
  const seed = hash(wish.instanceId)
  let best: Member | undefined
  let bestFits = false
  let bestScore = -1
  for (const member of candidates) {
    const fits = (member.record.tier.kind === 'hot') === wish.start
    if (bestFits && !fits) continue
    const score = mix(seed, member.vmid)
    if ((fits && !bestFits) || score > bestScore || (score === bestScore && member.vmid < (best?.vmid ?? 0))) {
      if (!usable(member)) continue
      best = member
      bestFits = fits
      bestScore = score
    }
  }
  return best
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  return value >>> 0
}

/** A well spread number of both (the finalizer of MurmurHash3). */
function mix(seed: number, vmid: number): number {
  let value = seed ^ Math.imul(vmid, 0x9e3779b1)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
