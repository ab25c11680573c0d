import type { StorageConfig } from '../storage/storage-config.js'
import { parameterError } from './api-error.js'
import type { CallContext } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { flag, integer, list, NODE, optional, requiredText, STORAGE, text } from './parameters.js'
import { volumeMethods } from './storage-volumes.js'

const READ = ['Datastore.Audit', 'Datastore.AllocateSpace'] as const
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
    ...volumeMethods(),
  ]
}

function listStorages(parameters: Parameters, context: CallContext) {
  const { cluster, node, may } = context
  const only = text(parameters, 'storage')
  const wanted = list(parameters, 'content')
  const asked = text(parameters, 'target')
  const target = asked === node.name || asked === 'localhost' ? undefined : asked
  // Whoever asks for a content sees no storage that cannot be used here.
  const offered = cluster.storages.all().filter((config) => {
    if (wanted === undefined) return true
    const isEnabled = config.disabled !== true && isOn(config, node.name)
    return isEnabled && config.content.some((content) => wanted.includes(content))
  })
  if (only !== undefined && !offered.some(({ id }) => id === only)) throw noSuchStorage()
  return offered
    .filter((config) => only === undefined || config.id === only)
    .filter((config) => may(`/storage/${config.id}`, READ, { any: true }))
    .filter((config) => !flag(parameters, 'enabled') || config.disabled !== true)
    .filter((config) => target === undefined || (config.shared && isOn(config, node.name) && isOn(config, target)))
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
  if (config === undefined) throw noSuchStorage()
  return config
}

const noSuchStorage = () => parameterError({ storage: 'No such storage.' })

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
