import type { ContainerStatus, PveClient } from '../pve/client.js'

export interface InstanceFilter {
  readonly node?: string | undefined
  readonly status?: 'running' | 'stopped' | undefined
  /** Every one of these. */
  readonly tags?: readonly string[] | undefined
}

/** The containers that are no templates, by VMID, as their nodes see them right now. */
export async function listInstances(
  client: PveClient,
  filter: InstanceFilter = {},
): Promise<readonly ContainerStatus[]> {
  const containers = await client.containers.list(filter.node === undefined ? {} : { node: filter.node })
  return containers
    .filter((ct) => !ct.template)
    .filter((ct) => filter.status === undefined || ct.status === filter.status)
    .filter((ct) => (filter.tags ?? []).every((tag) => ct.tags.includes(tag.toLowerCase())))
    .toSorted((a, b) => a.vmid - b.vmid)
}
