import type { StorageConfig } from '../storage/storage-config.js'
import { ApiError, parameterError } from './api-error.js'
import type { CallContext } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { flag, integer, list, NODE, optional, requiredText, STORAGE, text } from './parameters.js'

const READ = ['Datastore.AllocateSpace', 'Datastore.Audit'] as const
const MAY_READ = { path: '/storage/{storage}', privileges: READ, any: true } as const
const CONTENT = { type: 'string', format: 'pve-storage-content-list', optional: true } as const

/** Storages of the cluster and of a node, and what lies on them (PVE-FACTS 5). */
export function storageMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: '/storage',
      permissions: { user: 'all' },
      parameters: { type: { type: 'string', optional: true } },
      handler: (parameters, { cluster, may }) =>
        cluster.storages
          .all()
          .filter(({ id, type }) => may(`/storage/${id}`, READ, { any: true }) && (parameters['type'] ?? type) === type)
          .map(configuration),
    },
    {
      method: 'GET',
      path: '/storage/{storage}',
      permissions: { path: '/storage/{storage}', privileges: ['Datastore.Allocate'] },
      parameters: { storage: STORAGE },
      handler: (parameters, { cluster }) => configuration(cluster.storages.config(requiredText(parameters, 'storage'))),
    },
    {
      method: 'GET',
      path: '/nodes/{node}/storage',
      onNode: true,
      protected: true,
      permissions: { user: 'all' },
      parameters: {
        node: NODE,
        storage: optional(STORAGE),
        content: CONTENT,
        enabled: { type: 'boolean', optional: true },
        target: optional(NODE),
        format: { type: 'boolean', optional: true },
      },
      handler: listStorages,
    },
    {
      method: 'GET',
      path: '/nodes/{node}/storage/{storage}/status',
      onNode: true,
      protected: true,
      permissions: MAY_READ,
      parameters: { node: NODE, storage: STORAGE },
      handler(parameters, context) {
        const config = known(requiredText(parameters, 'storage'), context)
        return state(config, context)
      },
    },
    {
      method: 'GET',
      path: '/nodes/{node}/storage/{storage}/content',
      onNode: true,
      protected: true,
      permissions: MAY_READ,
      parameters: {
        node: NODE,
        storage: STORAGE,
        content: { type: 'string', format: 'pve-storage-content', optional: true },
        vmid: { type: 'integer', format: 'pve-vmid', optional: true },
      },
      handler: listContent,
    },
    {
      method: 'DELETE',
      path: '/nodes/{node}/storage/{storage}/content/{volume*}',
      onNode: true,
      protected: true,
      permissions: { description: 'checked by the method itself' },
      parameters: {
        node: NODE,
        storage: optional(STORAGE),
        volume: { type: 'string' },
        delay: { type: 'integer', minimum: 1, maximum: 30, optional: true },
      },
      handler: deleteVolume,
    },
  ]
}

function listStorages(parameters: Parameters, context: CallContext) {
  const { cluster, node, may } = context
  const only = text(parameters, 'storage')
  const wanted = list(parameters, 'content')
  const target = text(parameters, 'target')
  if (only !== undefined) known(only, context)
  return cluster.storages
    .all()
    .filter((config) => only === undefined || config.id === only)
    .filter((config) => may(`/storage/${config.id}`, READ, { any: true }))
    .filter((config) => wanted === undefined || config.content.some((content) => wanted.includes(content)))
    .filter((config) => !flag(parameters, 'enabled') || config.disabled !== true)
    .filter((config) => isOn(config, node.name) && (target === undefined || isOn(config, target)))
    .map((config) => {
      const figures = state(config, context)
      const fraction = figures.total > 0 ? { used_fraction: figures.used / figures.total } : {}
      return { storage: config.id, ...figures, ...fraction }
    })
}

function state(config: StorageConfig, { cluster, node }: CallContext) {
  return {
    type: config.type,
    content: config.content.join(','),
    shared: config.shared ? 1 : 0,
    ...cluster.storages.usage(config.id, node.name),
  }
}

/** 400 unless there is such a storage. */
function known(id: string, { cluster }: CallContext): StorageConfig {
  const config = cluster.storages.find(id)
  if (config === undefined) throw parameterError({ storage: 'No such storage.' })
  return config
}

const isOn = (config: StorageConfig, node: string) => config.nodes === undefined || config.nodes.includes(node)

function listContent(parameters: Parameters, context: CallContext) {
  const { cluster, node } = context
  const storage = requiredText(parameters, 'storage')
  const content = text(parameters, 'content')
  const vmid = integer(parameters, 'vmid')
  cluster.storages.get(storage, node.name)
  return cluster.storages
    .list(storage, node.name, { ...(content !== undefined && { content }), ...(vmid !== undefined && { vmid }) })
    .filter((entry) => mayReadVolume(entry, storage, context))
}

function mayReadVolume(entry: Readonly<Record<string, unknown>>, storage: string, { may }: CallContext): boolean {
  const path = `/storage/${storage}`
  if (entry['vmid'] === undefined) return may(path, READ, { any: true })
  return may(path, ['Datastore.Allocate']) || may(`/vms/${entry['vmid']}`, ['VM.Config.Disk'])
}

async function deleteVolume(parameters: Parameters, context: CallContext) {
  const { cluster, node, check, may } = context
  const given = requiredText(parameters, 'volume')
  const storage = text(parameters, 'storage') ?? given.split(':')[0] ?? ''
  const volid = given.includes(':') ? given : `${storage}:${given}`
  cluster.storages.get(storage, node.name)
  const owner = cluster.storages.volume(volid, node.name)?.vmid
  if (owner === undefined || !may(`/vms/${owner}`, ['VM.Config.Disk']))
    check(`/storage/${storage}`, ['Datastore.Allocate'])
  const id = owner === undefined ? storage : `${owner}@${storage}`
  const upid = await context.forkWorker('imgdel', id, async (worker) => {
    await cluster.storages.free(volid, { node: node.name, print: (line) => worker.print(line) })
    worker.print(`Removed volume '${volid}'`)
  })
  const delay = integer(parameters, 'delay')
  return delay !== undefined && (await endsWithin(upid, delay, context)) ? null : upid
}

/** Whether the task ended well in so many seconds; its failure is the caller's. */
async function endsWithin(upid: string, seconds: number, { cluster, node }: CallContext): Promise<boolean> {
  const deadline = cluster.clock.now() + seconds * 1000
  while (node.tasks.isActive(upid) && cluster.clock.now() < deadline)
    await cluster.clock.sleep(Math.min(500, seconds * 100))
  const status = node.tasks.status(upid)
  if (typeof status === 'string' || status['status'] === 'running') return false
  if (status['exitstatus'] !== 'OK') throw new ApiError(500, String(status['exitstatus']))
  return true
}

function configuration(config: StorageConfig) {
  return {
    storage: config.id,
    type: config.type,
    content: config.content.join(','),
    ...(config.shared && { shared: 1 }),
    ...(config.disabled && { disable: 1 }),
    ...(config.nodes && { nodes: config.nodes.join(',') }),
  }
}
