import { ApiError } from './api-error.js'
import type { CallContext } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { flag, list, requiredText, text } from './parameters.js'
import { resourceOfContainer, resourceOfStorage } from './resources.js'

const POOL_ID = { type: 'string', format: 'pve-poolid' } as const
const COMMENT = { type: 'string', optional: true } as const
const MEMBERS = {
  vms: { type: 'string', format: 'string-list', optional: true },
  storage: { type: 'string', format: 'string-list', optional: true },
} as const
const ALLOCATE = { path: '/pool/{poolid}', privileges: ['Pool.Allocate'] } as const

/** Resource pools (PVE-FACTS 5). */
export function poolMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: '/pools',
      permissions: { user: 'all' },
      parameters: {
        poolid: { ...POOL_ID, optional: true },
        type: { type: 'string', enum: ['qemu', 'lxc', 'storage'], optional: true, requires: 'poolid' },
      },
      handler: listPools,
    },
    {
      method: 'POST',
      path: '/pools',
      protected: true,
      permissions: ALLOCATE,
      parameters: { poolid: POOL_ID, comment: COMMENT },
      handler(parameters, { cluster }) {
        const poolid = requiredText(parameters, 'poolid')
        if (cluster.access.pools.has(poolid))
          throw new ApiError(500, `create pool failed: pool '${poolid}' already exists`)
        const comment = text(parameters, 'comment')
        cluster.access.pools.put({ poolid, vms: [], storage: [], ...(comment !== undefined && { comment }) })
        return null
      },
    },
    {
      method: 'PUT',
      path: '/pools',
      protected: true,
      permissions: ALLOCATE,
      parameters: {
        poolid: POOL_ID,
        comment: COMMENT,
        ...MEMBERS,
        delete: { type: 'boolean', optional: true },
        'allow-move': { type: 'boolean', optional: true },
      },
      handler(parameters, context) {
        changeMembers(parameters, context)
        const comment = text(parameters, 'comment')
        const pools = context.cluster.access.pools
        if (comment !== undefined) pools.put({ ...pools.get(requiredText(parameters, 'poolid')), comment })
        return null
      },
    },
    {
      method: 'DELETE',
      path: '/pools',
      protected: true,
      permissions: ALLOCATE,
      parameters: { poolid: POOL_ID },
      handler(parameters, { cluster }) {
        const pool = cluster.access.pools.get(requiredText(parameters, 'poolid'))
        if (pool.vms.length > 0 || pool.storage.length > 0)
          throw new ApiError(500, `delete pool failed: pool '${pool.poolid}' is not empty`)
        cluster.access.pools.remove(pool.poolid)
        return null
      },
    },
  ]
}

function listPools(parameters: Parameters, context: CallContext) {
  const { cluster, may, check } = context
  const poolid = text(parameters, 'poolid')
  if (poolid === undefined) {
    const visible = cluster.access.pools.all().filter((pool) => may(`/pool/${pool.poolid}`, ['Pool.Audit']))
    return visible.map(({ poolid, comment }) => ({ poolid, ...(comment !== undefined && { comment }) }))
  }
  check(`/pool/${poolid}`, ['Pool.Audit'])
  const pool = cluster.access.pools.get(poolid)
  const type = text(parameters, 'type')
  const containers = pool.vms.map((vmid) => resourceOfContainer(vmid, cluster))
  const storages = pool.storage.map((id) => resourceOfStorage(id, context.node, cluster))
  const members = [...containers, ...storages].filter((member) => member !== undefined)
  return [
    {
      poolid,
      ...(pool.comment !== undefined && { comment: pool.comment }),
      members: members.filter((member) => type === undefined || member['type'] === type),
    },
  ]
}

function changeMembers(parameters: Parameters, { cluster, check }: CallContext): void {
  const { pools } = cluster.access
  const poolid = requiredText(parameters, 'poolid')
  const removing = flag(parameters, 'delete')
  for (const id of list(parameters, 'vms') ?? []) {
    const vmid = Number(id)
    check(`/vms/${vmid}`, ['VM.Allocate'])
    const isMember = pools.get(poolid).vms.includes(vmid)
    const other = pools.ofContainer(vmid)
    if (removing && !isMember) throw new ApiError(500, `VM ${vmid} is not a pool member`)
    if (!removing && isMember) throw new ApiError(500, `VM ${vmid} is already a pool member`)
    if (!removing && other !== undefined && !flag(parameters, 'allow-move'))
      throw new ApiError(500, `VM ${vmid} belongs already to pool '${other}' and 'allow-move' is not set`)
    if (removing) pools.removeContainer(vmid)
    else pools.addContainer(poolid, vmid)
  }
  for (const storage of list(parameters, 'storage') ?? []) {
    check(`/storage/${storage}`, ['Datastore.Allocate'])
    const pool = pools.get(poolid)
    const isMember = pool.storage.includes(storage)
    if (removing && !isMember) throw new ApiError(500, `Storage '${storage}' is not a pool member`)
    if (!removing && isMember) throw new ApiError(500, `Storage '${storage}' is already a pool member`)
    const rest = pool.storage.filter((member) => member !== storage)
    pools.put({ ...pool, storage: removing ? rest : [...rest, storage] })
  }
}
