import type { Appliance, ContainerStatus, PveClient } from '../pve/client.js'
import { type OsTemplate, osTemplatesOn } from './os-template.js'

export interface TemplateList {
  /** Containers that were made templates: what instances are cloned from. */
  readonly templates: readonly ContainerStatus[]
  /** Archives on storages: what template containers are created from. */
  readonly osTemplates: readonly (OsTemplate & { readonly node: string })[]
  /** What Proxmox offers for download; only when asked for. */
  readonly available?: readonly Appliance[]
}

/** Everything that is called a template, on one node or on all that are online. */
export async function listTemplates(
  client: PveClient,
  options: { readonly node?: string | undefined; readonly available: boolean },
): Promise<TemplateList> {
  const online = (await client.nodes.list()).filter(({ status }) => status === 'online').map(({ node }) => node)
  const nodes = options.node === undefined ? online : [options.node]
  const [containers, osTemplates, available] = await Promise.all([
    client.containers.list(options.node === undefined ? {} : { node: options.node }),
    Promise.all(nodes.map(async (node) => (await osTemplatesOn(client, node)).map((found) => ({ ...found, node })))),
    options.available && nodes[0] !== undefined ? client.appliances.available(nodes[0]) : undefined,
  ])
  return {
    templates: containers.filter(({ template }) => template).toSorted((a, b) => a.vmid - b.vmid),
    osTemplates: osTemplates.flat(),
    ...(available !== undefined && { available: available.toSorted((a, b) => (a.template < b.template ? -1 : 1)) }),
  }
}
