import { CmuxError } from '../errors.js'
import { toVmid, type Vmid } from '../pve/vmid.js'
import type { PoolClient } from './client.js'
import type { PooledContainer } from './pool.js'

/**
 * The VMID of a container of the pool, which is named by VMID or by hostname (that is its instance id while it is claimed). Digits are a VMID:
 * an instance whose id is nothing else is found by `findHeld`. Several: what one instance holds for a moment, after a daemon has died. Errors: `usage`,
 * `not-found`, `ambiguous`.
 */
export async function findPooled(pool: PoolClient, reference: string, signal: AbortSignal): Promise<Found> {
  if (/^[1-9]\d{2,8}$/.test(reference)) return [toVmid(reference)]
  if (/^\d+$/.test(reference)) {
    throw new CmuxError('usage', `'${reference}' is not a VMID: a whole number from 100 to 999999999`, {
      hint: instanceHint(reference),
    })
  }
  const found = await listed(pool, ({ hostname }) => hostname === reference, signal)
  return all(found, `named '${reference}'`)
}

/** The VMID of the container that an instance holds; several: for a moment. Errors: `not-found`, `ambiguous`. */
export async function findHeld(pool: PoolClient, instanceId: string, signal: AbortSignal): Promise<Found> {
  const found = await listed(pool, (container) => container.instanceId === instanceId, signal)
  const held = found.filter(({ state }) => state === 'claimed')
  return all(held.length > 0 ? held : found, `that instance '${instanceId}' holds`)
}

/** At least one. */
export type Found = readonly [Vmid, ...Vmid[]]

/** What the daemon that is asked has not seen yet, because another one has just handed it out, is looked for in the cluster. */
async function listed(
  pool: PoolClient,
  isMeant: (container: PooledContainer) => boolean,
  signal: AbortSignal,
): Promise<readonly PooledContainer[]> {
  const known = (await pool.list({ signal })).filter(isMeant)
  return known.length === 1 ? known : (await pool.list({ signal, fresh: true })).filter(isMeant)
}

/** For whoever took a VMID for the id of an instance. */
export const instanceHint = (digits: string): string => `Digits are a VMID. Of an instance: --instance-id ${digits}`

function all(found: readonly PooledContainer[], which: string): Found {
  const [first, ...others] = found
  if (first === undefined) throw new CmuxError('not-found', `The pool has no container ${which}`)
  const isHeldToo = ({ state, instanceId }: PooledContainer) =>
    state === 'claimed' && instanceId !== undefined && instanceId === first.instanceId
  if (others.every(isHeldToo) && (others.length === 0 || isHeldToo(first)))
    return [first.vmid, ...others.map(({ vmid }) => vmid)]
  const vmids = found.map(({ vmid }) => vmid).join(', ')
  throw new CmuxError('ambiguous', `The pool has ${found.length} containers ${which}: ${vmids}`, {
    hint: 'Name one by its VMID.',
  })
}
