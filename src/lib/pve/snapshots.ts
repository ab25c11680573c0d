import type { Api } from './api.js'
import type { ContainerAddress, ContainerConfig, Snapshot } from './container-data.js'
import { containerConfig } from './container-readers.js'
import { takesSnapshot } from './effect-snapshot.js'
import { startsTask } from './effect-task.js'
import { apiPath } from './encoding.js'
import { randomOperationId, withOperationId, withoutOperationId } from './operation-id.js'
import { oldestFirst, rawSnapshots } from './snapshot-data.js'
import { upidText } from './task-data.js'
import { syntheticUpid, type Upid } from './upid.js'

/** Snapshots of containers (PVE-FACTS 3.8). Nearly every refusal comes from the task, not from the call. */
export class Snapshots {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** Oldest first; the last one is `current`, the container itself. */
  async list(ct: ContainerAddress): Promise<readonly Snapshot[]> {
    const snapshots = await rawSnapshots(this.#api, ct)
    return oldestFirst(snapshots).map((snapshot) => ({
      ...snapshot,
      description: withoutOperationId(snapshot.description),
    }))
  }

  create(ct: ContainerAddress, name: string, options: { readonly description?: string } = {}): Promise<Upid> {
    const operation = this.#api.operationId() ?? randomOperationId()
    return this.#api.change({
      method: 'POST',
      path: apiPath`/nodes/${ct.node}/lxc/${ct.vmid}/snapshot`,
      parameters: { snapname: name, description: withOperationId(options.description ?? '', operation) },
      read: upidText,
      planned: syntheticUpid(ct.node, 'vzsnapshot', ct.vmid),
      effect: takesSnapshot(this.#api, ct, name, operation),
    })
  }

  /** `force` removes it from the configuration even if the storage fails. */
  remove(ct: ContainerAddress, name: string, options: { readonly force?: boolean } = {}): Promise<Upid> {
    return this.#api.change({
      method: 'DELETE',
      path: apiPath`/nodes/${ct.node}/lxc/${ct.vmid}/snapshot/${name}`,
      parameters: options,
      read: upidText,
      planned: syntheticUpid(ct.node, 'vzdelsnapshot', ct.vmid),
      effect: startsTask(this.#api, { node: ct.node, types: ['vzdelsnapshot'], id: ct.vmid }, { repeatable: false }),
    })
  }

  /** Stops a running container hard and reverts everything but its description. `start` starts it afterwards. */
  rollback(ct: ContainerAddress, name: string, options: { readonly start?: boolean } = {}): Promise<Upid> {
    return this.#api.change({
      method: 'POST',
      path: apiPath`/nodes/${ct.node}/lxc/${ct.vmid}/snapshot/${name}/rollback`,
      parameters: options,
      read: upidText,
      planned: syntheticUpid(ct.node, 'vzrollback', ct.vmid),
      effect: startsTask(this.#api, { node: ct.node, types: ['vzrollback'], id: ct.vmid }, { repeatable: false }),
    })
  }

  config(ct: ContainerAddress, name: string): Promise<ContainerConfig> {
    return this.#api.get(apiPath`/nodes/${ct.node}/lxc/${ct.vmid}/snapshot/${name}/config`, containerConfig)
  }
}
