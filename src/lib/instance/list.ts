import { readSleep } from '../criu/sleep.js'
import { SLEEP_TAG } from '../criu/sleep-mark.js'
import { isCmuxError } from '../errors.js'
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
  /** It is stopped, and sleeps in a checkpoint: nobody has started it or rolled it back since. */
  readonly asleep: boolean
}

/** The containers that are no templates, by VMID, as their nodes see them right now. Only those that may sleep are looked at one by one. */
export async function listInstances(
  client: PveClient,
  filter: InstanceFilter = {},
): Promise<readonly ListedInstance[]> {
  const containers = await client.containers.list(filter.node === undefined ? {} : { node: filter.node })
  const instances = await Promise.all(
    containers.filter((ct) => !ct.template).map(async (ct) => ({ ...ct, asleep: await isAsleep(client, ct) })),
  )
  return instances
    .filter(({ status, asleep }) => isIn(filter.status, status, asleep))
    .filter((ct) => (filter.tags ?? []).every((tag) => ct.tags.includes(tag.toLowerCase())))
    .toSorted((a, b) => a.vmid - b.vmid)
}

/** The tag alone tells where its configuration cannot be read. */
async function isAsleep(client: PveClient, ct: ContainerStatus): Promise<boolean> {
  if (ct.status !== 'stopped' || !ct.tags.includes(SLEEP_TAG)) return false
  try {
    const sleep = await readSleep(client, ct, await client.containers.config(ct))
    return sleep !== undefined && sleep.ended === undefined
  } catch (error) {
    if (!isCmuxError(error, 'not-found', 'forbidden')) throw error
    return true
  }
}

const isIn = (wanted: InstanceFilter['status'], status: ContainerStatus['status'], asleep: boolean): boolean =>
  wanted === undefined || (wanted === 'asleep' ? asleep : wanted === status)
