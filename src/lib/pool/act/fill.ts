import { CmuxError, isCmuxError } from '../../errors.js'
import { isBusyCopying } from '../../instance/source-lock.js'
import type { ContainerAddress, Vmid } from '../../pve/client.js'
import type { Action } from '../plan/action.js'
import type { PoolRecord } from '../record.js'
import { withRecord } from '../record-codec.js'
import type { ActContext } from './act-context.js'
import { afterBoot } from './after-boot.js'
import { taskEnd } from './task-end.js'

/** Attempts at another VMID, should others be faster each time. */
const VMID_ATTEMPTS = 20
/** Of a clone's usual time: then the cluster is observed, so that what comes next is decided by a fresh list as soon as the source is free. */
const LOOK_AHEAD = 0.7
/** Milliseconds: so old a list does for that. Copies that began together share one. */
const RECENT = 30

export type Fill = Extract<Action, { readonly kind: 'fill' }>

/** Somebody else copies the source at this moment, or it is no longer what the plan was made from: observe again. */
export class SourceBusy extends Error {}

/**
 * Makes a clone. It is born labelled, so that it has an owner from its first moment. Resolves, with its address, when the task has ended and the source
 * is free again. `onBorn` is told as soon as the view has it. Rejects with SourceBusy when the source could not be had.
 */
export async function makeClone(
  context: ActContext,
  action: Fill,
  onBorn: (vmid: Vmid) => void,
): Promise<ContainerAddress> {
  const { source, node } = action
  await afterBoot(context, node)
  await checkSource(context, action)
  const { vmid, upid } = await cloned(context, action)
  const what = `clone of ${source.vmid}`
  const born = { vmid, node: source.node }
  const done = new AbortController()
  try {
    await context.records.read(born, { running: false })
    onBorn(vmid)
    lookAhead(context, (context.pace.of(what) ?? 0) * LOOK_AHEAD, done.signal)
    await taskEnd(context, upid, what)
    return { vmid, node }
  } catch (error) {
    // Proxmox removes what a failed clone has made: it must not count as on its way.
    if (!context.signal.aborted) await context.records.read(born).catch(() => undefined)
    throw error
  } finally {
    done.abort()
    context.vmids.settle(vmid)
  }
}

/** The index may not show yet that the template was made anew. */
async function checkSource(context: ActContext, { source, template, revision }: Fill): Promise<void> {
  if (await context.templates.isSource(source, template, revision)) return
  context.templates.forget(source.vmid)
  throw new SourceBusy(`container ${source.vmid} is no longer the template that it was`)
}

async function cloned(context: ActContext, action: Fill) {
  const { client, clock, random, signal, settings, writes, vmids } = context
  const { attempts, delay, jitter } = settings.cloneRetries
  const { source, node } = action
  let failures = 0
  for (let attempt = 0; attempt < VMID_ATTEMPTS; ) {
    const vmid = vmids.take(context.observer.index?.taken ?? new Set())
    const full = context.unable.linkedClone.has(source.vmid)
    const request = () =>
      client.containers.clone(source, {
        newid: vmid,
        hostname: `${settings.hostnamePrefix}${vmid}`,
        description: withRecord('', birthRecord(context, action, vmid)),
        ...(full && { full }),
        ...(node !== source.node && { target: node }),
      })
    try {
      // While it waits, a source lies idle.
      return { vmid, upid: await writes.run(source.node, request, { first: true }) }
    } catch (error) {
      signal.throwIfAborted()
      if (isBusyCopying(error)) {
        vmids.settle(vmid)
        context.emit({ kind: 'lock-met', vmid: source.vmid, word: 'disk' })
        throw new SourceBusy(`container ${source.vmid} is being copied by somebody else`)
      }
      // Whoever has that VMID is left alone; if the answer is not known, our own clone may still come.
      vmids.rest(vmid)
      if (isCmuxError(error, 'exists')) attempt++
      else if (isCmuxError(error, 'unsupported') && !full) context.unable.linkedClone.add(source.vmid)
      else if (isCmuxError(error, 'unavailable', 'timeout', 'unauthorised', 'forbidden') || ++failures >= attempts)
        throw error
      else {
        context.emit({ kind: 'retry', what: 'clone' })
        await clock.sleep(delay + jitter * random(), signal)
      }
    }
  }
  throw new CmuxError('conflict', `${VMID_ATTEMPTS} VMIDs in a row were taken by others`)
}

const birthRecord = ({ settings, owner, clock }: ActContext, { template, revision }: Fill, vmid: Vmid): PoolRecord => ({
  version: 1,
  pool: settings.name,
  vmid,
  template,
  revision,
  state: 'filling',
  generation: 1,
  tier: { kind: 'stopped' },
  since: Math.floor(clock.now() / 1000),
  owner,
})

function lookAhead({ clock, observer }: ActContext, after: number, signal: AbortSignal): void {
  if (after <= 0) return
  clock
    .sleep(after, signal)
    .then(() => observer.refreshUnlessYounger(RECENT))
    .catch(() => undefined) // Whoever needs the list asks again.
}
