import type { Api } from './api.js'
import type { ContainerAddress, Snapshot } from './container-data.js'
import { apiPath } from './encoding.js'
import { listOf, number, object, type Reader, text } from './reader.js'

const snapshot: Reader<Snapshot> = object((fields) => ({
  name: fields.get('name', text),
  description: fields.maybe('description', text) ?? '',
  ...fields.optional('snaptime', number),
  ...fields.optional('parent', text),
  ...fields.optional('snapstate', text),
}))

/** Snapshots with their descriptions as they are; the entry `current` is the container itself (PVE-FACTS 3.8). */
export const rawSnapshots = (api: Api, ct: ContainerAddress): Promise<readonly Snapshot[]> =>
  api.get(apiPath`/nodes/${ct.node}/lxc/${ct.vmid}/snapshot`, listOf(snapshot))

/**
 * By time, which Proxmox keeps in whole seconds, of the same second by what goes on from what, and on two branches, where nothing tells, by
 * name: Proxmox lists them in no order (PVE-FACTS 3.8). `current` has no time, and comes last. Pure.
 */
export function oldestFirst(snapshots: readonly Snapshot[]): readonly Snapshot[] {
  const parents = new Map(snapshots.map(({ name, parent }) => [name, parent]))
  const depth = (name: string): number => {
    const ancestors = new Set<string>()
    for (let next = parents.get(name); next !== undefined && !ancestors.has(next); next = parents.get(next))
      ancestors.add(next)
    return ancestors.size
  }
  const time = ({ name, snaptime }: Snapshot) =>
    name === 'current' ? Number.POSITIVE_INFINITY : (snaptime ?? Number.MAX_VALUE)
  return snapshots.toSorted((a, b) => {
    if (time(a) !== time(b)) return time(a) - time(b)
    return depth(a.name) - depth(b.name) || (a.name < b.name ? -1 : 1)
  })
}
