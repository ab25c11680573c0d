import type { PveClient, StorageCapabilities, StorageEntry } from '../pve/client.js'
import type { Finding } from './finding.js'

/** Below this share of free space a storage gets a warning. */
const LITTLE_SPACE = 0.05

/** What each storage of the node can hold, and whether the configured one can hold containers. */
export async function checkStorages(client: PveClient, node: string, configured: string): Promise<readonly Finding[]> {
  const storages = await client.storages.list(node)
  const findings = storages.map((storage) =>
    describe(storage, client.storages.capabilities(storage), storage.storage === configured),
  )
  if (storages.some((storage) => storage.storage === configured)) return findings
  const able = storages
    .filter((storage) => client.storages.capabilities(storage).containers)
    .map((storage) => storage.storage)
  return [
    ...findings,
    {
      topic: 'storages',
      verdict: 'failed',
      subject: `storage ${configured}`,
      detail: `PVE_STORAGE names a storage that node ${node} does not have, or that the token may not see`,
      remedy:
        able.length > 0
          ? `Set PVE_STORAGE to one of: ${able.join(', ')}.`
          : `No storage of ${node} can hold containers: add content type rootdir to one.`,
      code: 'not-found',
    },
  ]
}

function describe(storage: StorageEntry, can: StorageCapabilities, configured: boolean): Finding {
  const found = { topic: 'storages', subject: `storage ${storage.storage} (${storage.type})` } as const
  if (!storage.enabled || !storage.active)
    return {
      ...found,
      verdict: configured ? 'failed' : 'warning',
      detail: storage.enabled ? 'not active' : 'disabled',
      remedy: 'See `pvesm status` on the node.',
      ...(configured && { code: 'unavailable' }),
    }
  if (configured && !can.containers)
    return {
      ...found,
      verdict: 'failed',
      detail: 'PVE_STORAGE names it, but it cannot hold containers',
      remedy: `Set PVE_STORAGE to another storage, or on the node: pvesm set ${storage.storage} --content ${[...storage.content, 'rootdir'].join(',')}`,
      code: 'unsupported',
    }
  if (storage.total > 0 && storage.avail / storage.total < LITTLE_SPACE)
    return {
      ...found,
      verdict: 'warning',
      detail: `almost full: ${gibibytes(storage.avail)} of ${gibibytes(storage.total)} GiB free`,
      remedy: 'Delete containers, snapshots or backups that nobody needs.',
    }
  return {
    ...found,
    verdict: 'ok',
    detail: `${abilities(can)}; ${gibibytes(storage.avail)} of ${gibibytes(storage.total)} GiB free`,
  }
}

function abilities(can: StorageCapabilities): string {
  const words = [
    can.osTemplates && 'OS templates',
    can.containers && 'containers',
    can.containers && can.linkedClones && 'linked clones',
    can.containers && can.snapshots && 'snapshots',
  ].filter((word) => typeof word === 'string')
  return words.length > 0 ? `holds ${words.join(', ')}` : 'holds nothing that containers need'
}

const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1)
