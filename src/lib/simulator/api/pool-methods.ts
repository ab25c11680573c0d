import { ApiError, die } from './api-error.js'
import type { CallContext } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { flag, list, requiredText, text } from './parameters.js'
import { resourceOfContainer, resourceOfStorage } from './resources.js'

const POOL_ID = { type: 'string', format: 'pve-poolid' } as const
const COMMENT = { type: 'string', optional: true } as const
const MEMBER_TYPE = { type: 'string', enum: ['qemu', 'lxc', 'storage'], optional: true } as const
const MEMBERS = {
  vms: { type: 'string', format: 'pve-vmid-list', optional: true },
  storage: { type: 'string', format: 'pve-storage-id-list', optional: true },
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
        type: { ...MEMBER_TYPE, requires: 'poolid' },
      },
      handler: listPools,
    },
    {
      method: 'POST',
      path: '/pools',
      protected: true,
      permissions: ALLOCATE,
      parameters: { poolid: POOL_ID, comment: COMMENT },
      handler: (parameters, context) => attempt('create pool failed', () => createPool(parameters, context)),
    },
    {
      method: 'GET',
      path: '/pools/{poolid}',
      permissions: { path: '/pool/{poolid}', privileges: ['Pool.Audit'] },
      parameters: { poolid: POOL_ID, type: MEMBER_TYPE },
      handler: (parameters, context) => describePool(requiredText(parameters, 'poolid'), parameters, context),
    },
    // The paths with an id in them are the older way, which cannot name nested pools.
    ...['/pools', '/pools/{poolid}'].flatMap((path): readonly ApiMethod[] => [
      {
        method: 'PUT',
        path,
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
        path,
        protected: true,
        permissions: ALLOCATE,
        parameters: { poolid: POOL_ID },
        handler: (parameters, context) => attempt('delete pool failed', () => deletePool(parameters, context)),
      },
    ]),
  ]
}

function createPool(parameters: Parameters, { cluster: { pools } }: CallContext): void {
  const poolid = requiredText(parameters, 'poolid')
  const comment = text(parameters, 'comment')
  if (pools.has(poolid)) die(`pool '${poolid}' already exists`)
  const [, parent] = /^(.*)\/[^/]+$/.exec(poolid) ?? []
  if (parent !== undefined && !pools.has(parent)) die(`parent '${parent}' of pool '${poolid}' does not exist`)
  pools.put({ poolid, vms: [], storage: [], ...(comment && { comment }) })
}

/** Members that are gone from the cluster keep no pool. */
function deletePool(parameters: Parameters, { cluster: { pools, configs, storages } }: CallContext): void {
  const { poolid, vms, storage } = pools.get(requiredText(parameters, 'poolid'))
  const [below] = pools.all().filter((pool) => pool.poolid.startsWith(`${poolid}/`))
  if (below !== undefined) die(`pool '${poolid}' is not empty (contains pool '${below.poolid}')`)
  const [vmid] = vms.filter((member) => configs.find(member) !== undefined).sort()
  if (vmid !== undefined) die(`pool '${poolid}' is not empty (contains VM ${vmid})`)
  const [folder] = storage.filter((member) => storages.find(member) !== undefined).sort()
  if (folder !== undefined) die(`pool '${poolid}' is not empty (contains storage '${folder}')`)
  pools.remove(poolid)
}

function listPools(parameters: Parameters, context: CallContext) {
  const { cluster, may, check } = context
  const poolid = text(parameters, 'poolid')
  if (poolid === undefined) {
    const visible = cluster.pools.all().filter((pool) => may(`/pool/${pool.poolid}`, ['Pool.Audit']))
    visible.sort((a, b) => (a.poolid < b.poolid ? -1 : 1))
    return visible.map(({ poolid, comment }) => ({ poolid, ...(comment !== undefined && { comment }) }))
  }
  check(`/pool/${poolid}`, ['Pool.Audit'])
  return [{ poolid, ...describePool(poolid, parameters, context) }]
}

function describePool(poolid: string, parameters: Parameters, { cluster, node }: CallContext) {
  const { comment, vms, storage } = cluster.pools.get(poolid)
  const type = text(parameters, 'type')
  const containers = [...vms].sort().map((vmid) => resourceOfContainer(vmid, cluster))
  const storages = [...storage].sort().map((id) => resourceOfStorage(id, node, cluster))
  const members = [...containers, ...storages].filter((member) => member !== undefined)
  return {
    ...(comment !== undefined && { comment }),
    members: members.filter((member) => type === undefined || member['type'] === type),
  }
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

/** All of it or nothing: Proxmox writes the pools only when every change was good. */
function changePool(parameters: Parameters, context: CallContext): void {
  const { pools } = context.cluster
  const before = pools.all()
  try {
    changeMembers(parameters, context)
  } catch (error) {
    for (const pool of before) pools.put(pool)
    throw error
  }
}

function changeMembers(parameters: Parameters, context: CallContext): void {
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
