import { CmuxError } from '../errors.js'
import type { Vmid } from '../pve/client.js'
import { toVmid } from '../pve/vmid.js'
import type { PoolClient } from './client.js'

/**
 * The VMID of a container of the pool, which is named by VMID or by hostname (that is its instance id while it is claimed). Errors: `not-found`,
 * `ambiguous`.
 */
export async function findPooled(pool: PoolClient, reference: string, signal: AbortSignal): Promise<Vmid> {
  if (/^\d+$/.test(reference)) return toVmid(Number(reference))
  const found = (await pool.list({ signal })).filter(({ hostname }) => hostname === reference)
  const [only, ...others] = found
  if (only === undefined) throw new CmuxError('not-found', `The pool has no container named '${reference}'`)
  if (others.length === 0) return only.vmid
  const vmids = found.map(({ vmid }) => vmid).join(', ')
  throw new CmuxError('ambiguous', `${found.length} containers of the pool are named '${reference}': ${vmids}`, {
    hint: 'Name one by its VMID.',
  })
}
