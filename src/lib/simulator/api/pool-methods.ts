import { ApiError, die } from './api-error.js'
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
        const comment = text(parameters, 'comment')
        return attempt('create pool failed', () => {
          if (cluster.pools.has(poolid)) die(`pool '${poolid}' already exists`)
          cluster.pools.put({ poolid, vms: [], storage: [], ...(comment !== undefined && { comment }) })
        })
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
      handler: (parameters, context) => attempt('update pools failed', () => changePool(parameters, context)),
    },
    {
      method: 'DELETE',
      path: '/pools',
      protected: true,
      permissions: ALLOCATE,
      parameters: { poolid: POOL_ID },
      handler(parameters, { cluster }) {
        return attempt('delete pool failed', () => {
          const { poolid, vms, storage } = cluster.pools.get(requiredText(parameters, 'poolid'))
          const member = vms.length > 0 ? `guest ${vms[0]}` : storage.length > 0 ? `storage '${storage[0]}'` : undefined
          if (member !== undefined) die(`pool '${poolid}' is not empty (contains ${member})`)
          cluster.pools.remove(poolid)
        })
      },
    },
  ]
}

function listPools(parameters: Parameters, context: CallContext) {
  const { cluster, may, check } = context
  const poolid = text(parameters, 'poolid')
  if (poolid === undefined) {
    const visible = cluster.pools.all().filter((pool) => may(`/pool/${pool.poolid}`, ['Pool.Audit']))
    return visible.map(({ poolid, comment }) => ({ poolid, ...(comment !== undefined && { comment }) }))
  }
  check(`/pool/${poolid}`, ['Pool.Audit'])
  const pool = cluster.pools.get(poolid)
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

/** Works under the lock of the user configuration, which puts its words before whatever went wrong. */
function attempt(failure: string, work: () => void): null {
  try {
    work()
    return null
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return die(`${failure}: ${error.status === 500 ? '' : `${error.status} `}${error.message}`)
  }
}

function changePool(parameters: Parameters, context: CallContext): void {
  const { pools } = context.cluster
  const poolid = requiredText(parameters, 'poolid')
  const comment = text(parameters, 'comment')
  const pool = pools.get(poolid)
  if (comment !== undefined) pools.put({ ...pool, comment })
  for (const vmid of list(parameters, 'vms') ?? []) changeContainer(poolid, Number(vmid), parameters, context)
  for (const storage of list(parameters, 'storage') ?? []) changeStorage(poolid, storage, parameters, context)
}

function changeContainer(poolid: string, vmid: number, parameters: Parameters, { cluster, check }: CallContext): void {
  const { pools } = cluster
  check(`/vms/${vmid}`, ['Permissions.Modify', 'VM.Allocate'], { any: true })
  const current = pools.ofContainer(vmid)
  if (flag(parameters, 'delete')) {
    if (current !== poolid) die(`VM ${vmid} is not a pool member`)
    pools.removeContainer(vmid)
    return
  }
  if (current === poolid) die(`VM ${vmid} is already a pool member`)
  if (current !== undefined && !flag(parameters, 'allow-move'))
    die(`VM ${vmid} belongs already to pool '${current}' and 'allow-move' is not set`)
  pools.addContainer(poolid, vmid)
}

function changeStorage(poolid: string, storage: string, parameters: Parameters, { cluster, check }: CallContext): void {
  check(`/storage/${storage}`, ['Permissions.Modify', 'Datastore.Allocate'], { any: true })
  const pool = cluster.pools.get(poolid)
  const isMember = pool.storage.includes(storage)
  const removing = flag(parameters, 'delete')
  if (removing && !isMember) die(`Storage '${storage}' is not a pool member`)
  if (!removing && isMember) die(`Storage '${storage}' is already a pool member`)
  const others = pool.storage.filter((member) => member !== storage)
  cluster.pools.put({ ...pool, storage: removing ? others : [...others, storage] })
}
