import type { ClusterResource, ContainerAddress, ContainerRef } from '../pve/client.js'

/** The tag that makes a template a further clone source of another one. */
export const replicaTag = (template: number): string => `cmux-t${template}`

/** Says which build of its template a replica was copied from (`revisionOf`). */
export const revisionTag = (revision: string): string => `cmux-r${revision}`

/** A replica of an earlier build of its template. One that does not say of which it is counts as a replica of any. */
export const isOutdated = (tags: readonly string[], revision: string): boolean =>
  tags.some((tag) => REVISION_TAG.test(tag)) && !tags.includes(revisionTag(revision))

const REVISION_TAG = /^cmux-r[0-9a-f]{12}$/

/** What tells a replica; lists of containers and of the cluster's resources have it. */
interface Candidate {
  readonly vmid?: number
  readonly node?: string
  readonly template: boolean
  readonly tags: readonly string[]
}

/** The replicas of a template as it is now: templates themselves, with its tag. Pooled containers carry that tag too and are none. */
export const replicasOf = (
  template: number,
  candidates: readonly Candidate[],
  revision: string,
): readonly ContainerAddress[] =>
  allReplicasOf(template, candidates).flatMap(({ tags, ...address }) => (isOutdated(tags, revision) ? [] : [address]))

/** Those of an earlier build, which are not copied any more. */
export const outdatedReplicasOf = (
  template: number,
  candidates: readonly Candidate[],
  revision: string,
): readonly ContainerAddress[] =>
  allReplicasOf(template, candidates).flatMap(({ tags, ...address }) => (isOutdated(tags, revision) ? [address] : []))

const allReplicasOf = (template: number, candidates: readonly Candidate[]) =>
  candidates.flatMap(({ template: isTemplate, tags, vmid, node }) =>
    isTemplate && vmid !== undefined && node !== undefined && vmid !== template && tags.includes(replicaTag(template))
      ? [{ vmid, node, tags }]
      : [],
  )

/**
 * What a clone can be made from: those of the source and its replicas that are on the wanted node (by default the source's), else the
 * source alone. Those that nobody is copying come first; `random` spreads simultaneous callers over them.
 */
export function cloneSources(
  source: ContainerRef,
  resources: readonly ClusterResource[],
  options: { readonly node?: string; readonly revision: string; readonly random: () => number },
): readonly ContainerAddress[] {
  // A new template shows as one here after up to 10 s (PVE-FACTS 5): until then it is not used, which does no harm.
  const containers = resources.filter(({ type }) => type === 'lxc')
  const all: readonly ContainerAddress[] = [
    source,
    ...(source.template ? replicasOf(source.vmid, containers, options.revision) : []),
  ]
  const there = all.filter(({ node }) => node === (options.node ?? source.node))
  const locked = new Set(
    resources.flatMap(({ lock, vmid }) => (lock === undefined || vmid === undefined ? [] : [Number(vmid)])),
  )
  return (there.length > 0 ? there : [source])
    .map((address) => ({ address, rank: (locked.has(address.vmid) ? 1 : 0) + options.random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ address }) => address)
}
