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
