import { createHash } from 'node:crypto'
import { ApiError, parameterError } from './api-error.js'
import { APPLIANCES, type Appliance, applianceFile, applianceSource } from './appliances.js'
import type { CallContext } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { NODE, requiredText, STORAGE } from './parameters.js'

/** Bytes a second of a download. */
const DOWNLOAD_SPEED = 100 * 1024 * 1024

/** Templates that can be downloaded, and their download (PVE-FACTS 5). */
export function applianceMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: '/nodes/{node}/aplinfo',
      onNode: true,
      permissions: { user: 'all' },
      parameters: { node: NODE },
      handler: () => APPLIANCES.map(record),
    },
    {
      method: 'POST',
      path: '/nodes/{node}/aplinfo',
      onNode: true,
      protected: true,
      permissions: { path: '/storage/{storage}', privileges: ['Datastore.AllocateTemplate'] },
      parameters: { node: NODE, storage: STORAGE, template: { type: 'string', maxLength: 255 } },
      handler: download,
    },
  ]
}

function record(appliance: Appliance) {
  const file = applianceFile(appliance)
  const { size, suffix, ...fields } = appliance
  return {
    ...fields,
    type: 'lxc',
    template: file,
    architecture: 'amd64',
    location: applianceSource(appliance),
    source: 'http://download.proxmox.com/images',
    maintainer: 'Proxmox Support Team <support@proxmox.com>',
    description: `${appliance.headline}\n`,
    md5sum: digest('md5', file),
    sha512sum: digest('sha512', file),
  }
}

const digest = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex')

function download(parameters: Parameters, { cluster, node, forkWorker }: CallContext) {
  const file = requiredText(parameters, 'template')
  const storage = requiredText(parameters, 'storage')
  const appliance = APPLIANCES.find((known) => applianceFile(known) === file)
  if (appliance === undefined) throw parameterError({ template: 'no such template' })
  const config = cluster.storages.get(storage, node.name)
  if (!config.content.includes('vztmpl')) throw new ApiError(500, `storage '${storage}' does not support templates`)
  return forkWorker('download', file, async (worker) => {
    const target = `/var/lib/vz/template/cache/${file}`
    worker.print(`downloading ${applianceSource(appliance)} to ${target}`)
    if (cluster.latency.profile === 'realistic') await worker.sleep((appliance.size / DOWNLOAD_SPEED) * 1000)
    worker.print(`download of '${applianceSource(appliance)}' to '${target}' finished`)
    cluster.storages.addFile(`${storage}:vztmpl/${file}`, node.name, appliance.size)
  })
}
