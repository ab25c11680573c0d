import { CmuxError, isCmuxError } from '../errors.js'
import { describe, findInstance, type NamedContainer } from '../instance/find.js'
import type { ContainerRef } from '../pve/client.js'
import type { CriuContext } from './criu-context.js'
import { examine, wayOut } from './examine.js'
import type { Manifest } from './manifest.js'
import { powerTasks } from './power-tasks.js'
import { readSleepMark } from './sleep-mark.js'
import { type StaleReason, staleness } from './staleness.js'
import { listCheckpoints, type StoredCheckpoint } from './store.js'

export interface InspectOutcome extends NamedContainer {
  readonly checkpoint: string
  readonly status: 'running' | 'stopped'
  /** The container sleeps in it. */
  readonly asleep: boolean
  readonly state: StoredCheckpoint['state']
  /** Bytes on the node's disk. */
  readonly bytes: number
  /** Seconds since it was made; absent where that is not known. */
  readonly age?: number
  /** Absent for one that was not finished, or whose manifest is damaged. */
  readonly manifest?: Manifest
  readonly stale: readonly StaleReason[]
  /** Files that are not what was written. Absent: not compared, as the container runs. */
  readonly damaged?: readonly string[]
  /** Of one that is damaged: what is left to do, in sentences. */
  readonly wayOut?: string
}

/**
 * Everything about one checkpoint of a container: by default the one that it sleeps in, else the newest. While the container is stopped its
 * images are compared with their sums, and its disk is looked at. Changes nothing. Errors: `not-found`, `locked`, and those of getting to the node.
 */
export async function inspectCheckpoint(
  context: CriuContext,
  reference: string,
  name?: string,
): Promise<InspectOutcome> {
  const { client, clock } = context
  const ct = await findInstance(context, reference)
  context.onProgress?.(`Looking at the checkpoints of ${describe(ct)}`)
  const shell = await context.nodeShell(ct.node)
  const [config, status, tasks, all] = await Promise.all([
    client.containers.config(ct),
    client.containers.status(ct),
    powerTasks(client, ct),
    listCheckpoints(shell, ct.node, ct.vmid),
  ])
  const mark = readSleepMark(config.description)
  const wanted = name ?? (mark?.node === ct.node ? mark.checkpoint : undefined)
  const stored = wanted === undefined ? all.at(-1) : all.find((one) => one.name === wanted)
  if (stored === undefined) throw none(ct, wanted, mark?.node)
  const base = {
    vmid: ct.vmid,
    name: ct.name,
    node: ct.node,
    checkpoint: stored.name,
    status: status.status,
    asleep: status.status === 'stopped' && mark?.checkpoint === stored.name && mark.node === ct.node,
    state: stored.state,
    bytes: stored.bytes,
  }
  const lost = { wayOut: noWayBack(ct, stored.name, base.asleep) }
  if (stored.state !== 'finished') return { ...base, stale: [], ...(stored.state === 'damaged' && lost) }
  const { manifest, restored } = stored
  const known = { config, tasks, ...(restored !== undefined && { restored }) }
  const compared = status.status === 'stopped' ? await compare(context, ct, stored.name) : {}
  const { damaged, present = {} } = compared
  return {
    ...base,
    age: Math.max(0, Math.round(clock.now() / 1000) - manifest.created),
    manifest,
    stale: staleness(manifest, { ...known, ...present }),
    ...(damaged !== undefined && { damaged }),
    ...(damaged !== undefined && damaged.length > 0 && lost),
  }
}

function noWayBack(ct: ContainerRef, name: string, asleep: boolean): string {
  const boot = asleep ? ` ${wayOut(ct, name, undefined)}.` : ''
  return `Checkpoint ${name} is damaged, and what it held is lost.${boot} Remove it: cmux-pve criu delete ${ct.vmid} ${name}${asleep ? ' --force' : ''}`
}

interface Compared {
  readonly damaged?: readonly string[]
  readonly present?: { readonly disk?: string; readonly kernel?: string; readonly criu?: string }
}

async function compare(context: CriuContext, ct: ContainerRef, name: string): Promise<Compared> {
  try {
    const examined = await examine(await context.nodeShell(ct.node), ct, name, 'look')
    if (examined.state === 'running') return {}
    const { disk, kernel, criu } = examined
    return {
      damaged: [],
      present: { kernel, ...(disk !== undefined && { disk }), ...(criu !== undefined && { criu }) },
    }
  } catch (error) {
    const { data } = isCmuxError(error, 'invalid') ? error : {}
    if (typeof data === 'object' && data !== null && 'damaged' in data && Array.isArray(data.damaged))
      return { damaged: data.damaged.map(String) }
    throw error
  }
}

function none(ct: ContainerRef, name: string | undefined, sleepsOn: string | undefined): CmuxError {
  const which = name === undefined ? 'no checkpoint' : `no checkpoint ${name}`
  const elsewhere = sleepsOn === undefined || sleepsOn === ct.node ? '' : `; it sleeps in one on node ${sleepsOn}`
  return new CmuxError('not-found', `Node ${ct.node} holds ${which} of container ${ct.vmid} (${ct.name})${elsewhere}`, {
    hint: `cmux-pve criu list ${ct.vmid} looks on all nodes.`,
  })
}
