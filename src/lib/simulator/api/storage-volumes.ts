import { ApiError, parameterError } from './api-error.js'
import type { CallContext } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { integer, NODE, optional, requiredText, STORAGE, text } from './parameters.js'

const VOLUME = { node: NODE, storage: optional(STORAGE), volume: { type: 'string' } } as const

/** Single volumes of a storage: made, looked at, deleted (PVE-FACTS 5). */
export function volumeMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'POST',
      path: '/nodes/{node}/storage/{storage}/content',
      onNode: true,
      protected: true,
      permissions: { path: '/storage/{storage}', privileges: ['Datastore.AllocateSpace'] },
      parameters: {
        node: NODE,
        storage: STORAGE,
        filename: { type: 'string' },
        vmid: { type: 'integer', format: 'pve-vmid' },
        size: { type: 'string', pattern: '\\d+[MG]?' },
        format: { type: 'string', enum: ['raw', 'qcow2', 'subvol', 'vmdk'], optional: true, requires: 'size' },
      },
      handler: allocate,
    },
    {
      method: 'GET',
      path: '/nodes/{node}/storage/{storage}/content/{volume*}',
      onNode: true,
      protected: true,
      permissions: { description: 'checked by the method itself' },
      parameters: VOLUME,
      handler: volumeInfo,
    },
    {
      method: 'DELETE',
      path: '/nodes/{node}/storage/{storage}/content/{volume*}',
      onNode: true,
      protected: true,
      permissions: { description: 'checked by the method itself' },
      parameters: { ...VOLUME, delay: { type: 'integer', minimum: 1, maximum: 30, optional: true } },
      handler: deleteVolume,
    },
  ]
}

/** Kilobytes unless the size says M or G. */
async function allocate(parameters: Parameters, { cluster, node }: CallContext): Promise<string> {
  const [, digits, unit = ''] = /^(\d+)([MG]?)$/.exec(requiredText(parameters, 'size')) ?? []
  const size = Number(digits) * 1024 ** (unit === 'G' ? 3 : unit === 'M' ? 2 : 1)
  const name = requiredText(parameters, 'filename')
  const format = text(parameters, 'format')
  const [, extension] = /\.(raw|qcow2|vmdk)$/.exec(name) ?? []
  if (extension !== undefined && format !== undefined && format !== extension)
    throw parameterError({ format: `different storage formats (${format} != ${extension})` })
  const request = { storage: requiredText(parameters, 'storage'), vmid: integer(parameters, 'vmid') ?? 0, size }
  return cluster.storages.allocate(
    { ...request, ...(name !== '' && { name }) },
    { node: node.name, print: () => undefined },
  )
}

function volumeInfo(parameters: Parameters, { cluster, node, check, may }: CallContext) {
  const { volid, storage } = volumeOf(parameters)
  const { storages } = cluster
  storages.get(storage, node.name)
  const content = storages.contentOf(volid)
  const volume = storages.volume(volid, node.name)
  if (content !== 'rootdir') check(`/storage/${storage}`, ['Datastore.AllocateSpace', 'Datastore.Audit'], { any: true })
  else if (!may(`/vms/${storages.owner(volid)}`, ['VM.Config.Disk']))
    check(`/storage/${storage}`, ['Datastore.Allocate'])
  if (volume === undefined) throw new ApiError(500, `volume_size_info on '${volid}' failed - no format`)
  const format = content === 'rootdir' ? volume.format : 'raw'
  return { path: storages.path(volid), size: volume.size, used: volume.used, format }
}

async function deleteVolume(parameters: Parameters, context: CallContext) {
  const { cluster, node, check } = context
  const { volid, storage } = volumeOf(parameters)
  const owner = cluster.storages.owner(volid)
  check(`/storage/${storage}`, ['Datastore.Allocate'])
  const id = owner === undefined ? storage : `${owner}@${storage}`
  const upid = await context.forkWorker('imgdel', id, async (worker) => {
    await cluster.storages.free(volid, { node: node.name, print: (line) => worker.print(line) })
    worker.print(`Removed volume '${volid}'`)
  })
  const delay = integer(parameters, 'delay')
  return delay !== undefined && (await endsWithin(upid, delay, context)) ? null : upid
}

/** A volume may be named with its storage or without, but not with another one. */
function volumeOf(parameters: Parameters): { readonly volid: string; readonly storage: string } {
  const given = requiredText(parameters, 'volume')
  const storage = requiredText(parameters, 'storage')
  if (!given.includes(':')) return { volid: `${storage}:${given}`, storage }
  const [own = ''] = given.split(':')
  if (own !== storage) throw parameterError({ volume: `storage ID mismatch (${own} != ${storage})\n` })
  return { volid: given, storage }
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
