import { CmuxError } from '../errors.js'
import { toVmid, type Vmid } from '../pve/vmid.js'
import type { PoolClient } from './client.js'
import type { PooledContainer } from './pool.js'

/**
 * The VMID of a container of the pool, which is named by VMID or by hostname (that is its instance id while it is claimed). Digits are a VMID:
 * an instance whose id is nothing else is found by `findHeld`. Errors: `usage`, `not-found`, `ambiguous`.
 */
export async function findPooled(pool: PoolClient, reference: string, signal: AbortSignal): Promise<Vmid> {
  if (/^[1-9]\d{2,8}$/.test(reference)) return toVmid(reference)
  if (/^\d+$/.test(reference)) {
    throw new CmuxError('usage', `'${reference}' is not a VMID: a whole number from 100 to 999999999`, {
      hint: instanceHint(reference),
    })
  }
  const found = (await pool.list({ signal })).filter(({ hostname }) => hostname === reference)
  return only(found, `named '${reference}'`)
}

/** The VMID of the container that an instance holds. Errors: `not-found`, `ambiguous`. */
export async function findHeld(pool: PoolClient, instanceId: string, signal: AbortSignal): Promise<Vmid> {
  const found = (await pool.list({ signal })).filter((container) => container.instanceId === instanceId)
  const held = found.filter(({ state }) => state === 'claimed')
  return only(held.length > 0 ? held : found, `that instance '${instanceId}' holds`)
}

/** For whoever took a VMID for the id of an instance. */
export const instanceHint = (digits: string): string => `Digits are a VMID. Of an instance: --instance-id ${digits}`

function only(found: readonly PooledContainer[], which: string): Vmid {
  const [first, ...others] = found
  if (first === undefined) throw new CmuxError('not-found', `The pool has no container ${which}`)
  if (others.length === 0) return first.vmid
  const vmids = found.map(({ vmid }) => vmid).join(', ')
  throw new CmuxError('ambiguous', `The pool has ${found.length} containers ${which}: ${vmids}`, {
    hint: 'Name one by its VMID.',
  })
}
