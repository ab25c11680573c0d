import type { Api } from './api.js'
import type { CloneParameters, ContainerAddress, CreateParameters } from './container-data.js'
import { containerConfig } from './container-readers.js'
import { clonesContainer, createsContainer } from './effect-created.js'
import { apiPath } from './encoding.js'
import { randomOperationId, withOperationId } from './operation-id.js'
import { upidText } from './task-data.js'
import { syntheticUpid, type Upid } from './upid.js'

/** POST /nodes/{node}/lxc (PVE-FACTS 3.2). The new container carries our operation id in its description. */
export function createContainer(api: Api, node: string, parameters: CreateParameters): Promise<Upid> {
  const { options, description = '', ...named } = parameters
  const operation = api.operationId() ?? randomOperationId()
  return api.change({
    method: 'POST',
    path: apiPath`/nodes/${node}/lxc`,
    parameters: { ...options, ...named, description: withOperationId(description, operation) },
    read: upidText,
    planned: syntheticUpid(node, 'vzcreate', parameters.vmid),
    effect: createsContainer(api, { vmid: parameters.vmid, node, homes: [node], operation }),
  })
}

/**
 * POST …/clone (PVE-FACTS 3.3). The clone carries our operation id behind the description, which without one of its own is the
 * source's, as Proxmox would have it.
 */
export async function cloneContainer(api: Api, source: ContainerAddress, parameters: CloneParameters): Promise<Upid> {
  const { newid, target } = parameters
  const operation = api.operationId() ?? randomOperationId()
  const description = parameters.description ?? (await inheritedDescription(api, source, parameters.snapname))
  return api.change({
    method: 'POST',
    path: apiPath`/nodes/${source.node}/lxc/${source.vmid}/clone`,
    parameters: { ...parameters, description: withOperationId(description, operation) },
    read: upidText,
    planned: syntheticUpid(source.node, 'vzclone', source.vmid),
    effect: clonesContainer(api, source.vmid, {
      vmid: newid,
      node: source.node,
      homes: target === undefined || target === source.node ? [source.node] : [source.node, target],
      operation,
    }),
  })
}

async function inheritedDescription(
  api: Api,
  { node, vmid }: ContainerAddress,
  snapshot: string | undefined,
): Promise<string> {
  const config = await api.get(apiPath`/nodes/${node}/lxc/${vmid}/config`, containerConfig, { query: { snapshot } })
  return config.description ?? ''
}
