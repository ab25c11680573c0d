import { CmuxError } from '../errors.js'
import type { Deadline, ServiceContext } from '../instance/service-context.js'
import { finishTask, headline, startTask } from '../instance/task-step.js'
import { nearest } from '../nearest.js'
import type { PveClient, StorageVolume } from '../pve/client.js'

/** An OS template on a storage: what a container can be created from. */
export interface OsTemplate {
  readonly volid: string
  readonly storage: string
  /** The file's name: `debian-12-standard_12.7-1_amd64.tar.zst`. */
  readonly name: string
  /** Bytes. */
  readonly size: number
}

/** The OS templates on the storages of a node, by name. */
export async function osTemplatesOn(client: PveClient, node: string): Promise<readonly OsTemplate[]> {
  const storages = await client.storages.list(node, { content: 'vztmpl' })
  const usable = storages.filter(({ enabled, active }) => enabled && active)
  const contents = await Promise.all(
    usable.map(async ({ storage }) => {
      const volumes = await client.storages.content(node, storage, { content: 'vztmpl' })
      return volumes.map((volume) => osTemplate(storage, volume))
    }),
  )
  return contents.flat().toSorted((a, b) => (a.volid < b.volid ? -1 : 1))
}

const osTemplate = (storage: string, { volid, size }: StorageVolume): OsTemplate => ({
  volid,
  storage,
  name: volid.slice(volid.lastIndexOf('/') + 1),
  size,
})

/**
 * The one OS template that `wanted` means: a volume id, a file name, or the beginning of one when only one begins so (of several
 * versions the newest). Undefined when there is none.
 */
export function chooseOsTemplate(wanted: string, templates: readonly OsTemplate[]): OsTemplate | undefined {
  const exact = templates.find(({ volid, name }) => volid === wanted || name === wanted)
  if (exact !== undefined) return exact
  const starting = templates.filter(({ name }) => name.startsWith(wanted))
  return starting.toSorted((a, b) => b.name.localeCompare(a.name, 'en', { numeric: true }))[0]
}

export interface OsTemplateRequest {
  readonly node: string
  readonly wanted: string
  /** Download it when no storage has it. */
  readonly download: boolean
}

/** Finds an OS template on a node, or downloads it. `not-found` names those that look alike. */
export async function obtainOsTemplate(
  context: ServiceContext,
  { node, wanted, download }: OsTemplateRequest,
  deadline: Deadline,
): Promise<string> {
  const templates = await osTemplatesOn(context.client, node)
  const found = chooseOsTemplate(wanted, templates)
  if (found !== undefined) return found.volid
  if (download) return downloadOsTemplate(context, node, wanted, deadline)
  const alike = lookalikes(nameOf(wanted), templates)
  const known =
    templates.length === 0 ? `No storage of node ${node} has any OS template.` : `See \`cmux-pve template list\`.`
  throw new CmuxError('not-found', `Node ${node} has no OS template '${wanted}'`, {
    hint: `${alike.length > 0 ? `Did you mean ${alike.join(' or ')}?` : known} --download fetches what Proxmox offers (\`cmux-pve template list --available\`).`,
  })
}

async function downloadOsTemplate(
  context: ServiceContext,
  node: string,
  wanted: string,
  deadline: Deadline,
): Promise<string> {
  const { client } = context
  const [appliances, storages] = await Promise.all([
    client.appliances.available(node),
    client.storages.list(node, { content: 'vztmpl' }),
  ])
  const offered = appliances.map(({ template }) => ({ volid: template, storage: '', name: template, size: 0 }))
  const appliance = chooseOsTemplate(nameOf(wanted), offered)
  if (appliance === undefined) {
    const alike = lookalikes(nameOf(wanted), offered)
    throw new CmuxError('not-found', `Proxmox offers no OS template '${wanted}' for download`, {
      hint:
        alike.length > 0
          ? `Did you mean ${alike.join(' or ')}?`
          : 'Run `pveam update` on the node: its list may be old.',
    })
  }
  const asked = /^([^:/]+):/.exec(wanted)?.[1]
  const storage = storages.find(
    (entry) => entry.enabled && entry.active && (asked === undefined || entry.storage === asked),
  )
  if (storage === undefined) {
    throw new CmuxError(
      'not-found',
      `Node ${node} has no storage${asked === undefined ? '' : ` '${asked}'`} for OS templates`,
      {
        hint: 'Allow content type `vztmpl` on a storage (`pvesm set STORAGE --content …`).',
      },
    )
  }
  const step = {
    purpose: `download ${appliance.name} to storage ${storage.storage} on node ${node}`,
    subject: { node, storage: storage.storage },
  }
  context.onProgress?.(headline(step))
  const upid = await startTask(context, step, () => client.appliances.download(node, storage.storage, appliance.name))
  await finishTask(context, step, upid, deadline)
  return `${storage.storage}:vztmpl/${appliance.name}`
}

const nameOf = (wanted: string): string => wanted.slice(wanted.lastIndexOf('/') + 1).replace(/^[^:]+:/, '')

/** People write the beginning of a name, `debain-12`, and leave out versions and endings. */
function lookalikes(wanted: string, templates: readonly OsTemplate[]): readonly string[] {
  const names = templates.map(({ name }) => name)
  const beginnings = new Set(names.map((name) => name.slice(0, wanted.length)))
  const alike = nearest(wanted, [...beginnings]).flatMap((beginning) =>
    names.filter((name) => name.startsWith(beginning)),
  )
  return [...new Set(alike)].slice(0, 3)
}
