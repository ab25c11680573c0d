import { CmuxError } from '../errors.js'
import type { ContainerConfig, Snapshot, StorageCapabilities } from '../pve/client.js'
import { storagesOf } from './clone-plan.js'

/** What the storages of a container can do, by their names; those that the token may not see are missing. */
export type Capabilities = ReadonlyMap<string, StorageCapabilities & { readonly type: string }>

/** PVE-FACTS 1.7; the reserved ones 3.8. */
const NAME = /^[a-z][a-z0-9_-]{1,39}$/i
const RESERVED = new Set(['current', 'vzdump', 'pending'])

/** Refuses what Proxmox would refuse as the name of a snapshot, before anything is done. */
export function checkSnapshotName(name: string): void {
  if (NAME.test(name) && !RESERVED.has(name)) return
  throw new CmuxError('invalid', `'${name}' cannot be the name of a snapshot`, {
    hint: 'A letter first, then letters, digits, _ and -, 2 to 40 in all; not current, vzdump or pending.',
  })
}

/** `snap-20261122-061500` (UTC), the name of a snapshot that was given none. Proxmox wants a letter first. */
export const snapshotName = (now: number): string =>
  `snap-${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}`

/** Why no snapshot of a container can be taken: Proxmox says nothing but `snapshot feature is not available` (PVE-FACTS 6.1). */
export function snapshotObstacles(config: ContainerConfig, capabilities: Capabilities): readonly string[] {
  const unable = storagesOf(config).flatMap((storage) => {
    const can = capabilities.get(storage)
    return can === undefined || can.snapshots ? [] : [`storage ${storage} (${can.type}) has no snapshots of containers`]
  })
  const bound = Object.entries(config.options)
    .filter(([key, value]) => /^mp\d+$/.test(key) && String(value).startsWith('/'))
    .map(([key, value]) => `${key} is a folder of the node (${String(value).split(',')[0]})`)
  return [...unable, ...bound]
}

/** The snapshots that were taken after one, the newest first: a storage may demand that they go before a rollback to it. `oldestFirst`: of all. */
export function newerSnapshots(oldestFirst: readonly Snapshot[], name: string): readonly string[] {
  const names = oldestFirst.map((snapshot) => snapshot.name).filter((one) => one !== 'current')
  return names.slice(names.indexOf(name) + 1).toReversed()
}

/** The storages of a container that can go back to their newest snapshot only (PVE-FACTS 6.1). */
export const newestOnly = (config: ContainerConfig, capabilities: Capabilities): readonly string[] =>
  storagesOf(config).filter((storage) => capabilities.get(storage)?.rollback === 'newest')

/** An option that a rollback changes. Absent: it is not set. */
export interface RevertedOption {
  readonly key: string
  readonly now?: string
  readonly after?: string
}

/** What of a configuration stays, or is none of the user's. */
const KEPT = /^(?:description|digest|lock|parent|snaptime|snapstate|rootfs|unused\d+)$/

/** What a rollback does to the configuration: host name, tags and sizes go back, the description stays (PVE-FACTS 3.8). */
export function revertedOptions(now: ContainerConfig, then: ContainerConfig): readonly RevertedOption[] {
  const keys = [...new Set([...Object.keys(now.options), ...Object.keys(then.options)])].filter(
    (key) => !KEPT.test(key),
  )
  return keys.toSorted().flatMap((key) => {
    const [before, after] = [now.options[key], then.options[key]]
    if (String(before) === String(after)) return []
    return [
      {
        key,
        ...(before !== undefined && { now: String(before) }),
        ...(after !== undefined && { after: String(after) }),
      },
    ]
  })
}
