import { SLEEP_TAG } from '../criu/sleep-mark.js'
import type { ContainerStatus, PveClient } from '../pve/client.js'

export interface InstanceFilter {
  readonly node?: string | undefined
  /** `asleep`: stopped, with its memory in a checkpoint. */
  readonly status?: 'running' | 'stopped' | 'asleep' | undefined
  /** Every one of these. */
  readonly tags?: readonly string[] | undefined
}

/** A container of the list. */
export interface ListedInstance extends ContainerStatus {
  /** It is stopped, and its tag says that it sleeps in a checkpoint. */
  readonly asleep: boolean
}

/** The containers that are no templates, by VMID, as their nodes see them right now. */
export async function listInstances(
  client: PveClient,
  filter: InstanceFilter = {},
): Promise<readonly ListedInstance[]> {
  const containers = await client.containers.list(filter.node === undefined ? {} : { node: filter.node })
  return containers
    .filter((ct) => !ct.template)
    .map((ct) => ({ ...ct, asleep: ct.status === 'stopped' && ct.tags.includes(SLEEP_TAG) }))
    .filter(({ status, asleep }) => isIn(filter.status, status, asleep))
    .filter((ct) => (filter.tags ?? []).every((tag) => ct.tags.includes(tag.toLowerCase())))
    .toSorted((a, b) => a.vmid - b.vmid)
}

const isIn = (wanted: InstanceFilter['status'], status: ContainerStatus['status'], asleep: boolean): boolean =>
  wanted === undefined || (wanted === 'asleep' ? asleep : wanted === status)
