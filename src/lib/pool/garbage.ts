import { isCmuxError } from '../errors.js'
import type { ContainerAddress, ContainerConfig, Vmid } from '../pve/client.js'
import { toVmid } from '../pve/client.js'
import type { ActContext } from './act/act-context.js'
import { destroy } from './act/destroy.js'
import type { Member } from './member.js'
import { OWNER_PATIENCE } from './plan/plan-member.js'
import type { Orphan } from './pool.js'
import { recordIn } from './record-codec.js'
import { POOL_TAG } from './record-tags.js'

/**
 * What nobody keeps: containers in the pool's range that look like the pool's and are none of its members, each with the reason why it is not
 * provably ours; and members that were left half-made or half-destroyed, which with `act` are destroyed.
 */
export async function collectGarbage(context: ActContext, act: boolean): Promise<readonly Orphan[]> {
  const { observer, view } = context
  await observer.refresh()
  const found: Orphan[] = []
  for (const address of observer.foreign) {
    const why = await whyForeign(context, address)
    if (why !== undefined) found.push({ ...orphan(address), ours: false, why, destroyed: false })
  }
  for (const member of view.all()) {
    const why = whyLeft(context, member)
    if (why === undefined) continue
    const destroyed = act && (await destroyLeftover(context, member))
    found.push({ ...orphan(member), ours: true, why, destroyed })
  }
  return found.toSorted((a, b) => a.vmid - b.vmid)
}

const orphan = ({ vmid, node }: ContainerAddress): { readonly vmid: Vmid; readonly node: string } => ({
  vmid: toVmid(vmid),
  node,
})

/** Undefined: it has nothing of the pool about it. */
async function whyForeign({ client, settings }: ActContext, address: ContainerAddress): Promise<string | undefined> {
  let config: ContainerConfig
  try {
    config = await client.containers.config(address)
  } catch (error) {
    if (isCmuxError(error, 'not-found')) return undefined
    throw error
  }
  const record = recordIn(config.description)
  const tagged = config.tags.includes(POOL_TAG)
  if (config.template) return undefined
  if (record === undefined) {
    if (tagged) return `it has the tag ${POOL_TAG}, but no record that can be read`
    return config.lock === 'create' || config.lock === 'destroyed'
      ? `it is locked (${config.lock}) and holds nothing that tells whose it is`
      : undefined
  }
  if (record.pool !== settings.name) return `its record names another pool (${record.pool})`
  if (record.vmid !== address.vmid) return `it is somebody's copy of container ${record.vmid}`
  return `it has a record, but no tag ${POOL_TAG}: somebody took it out of the pool`
}

/** Why a member is nobody's any more; undefined: it is kept. */
function whyLeft({ owner, ages, clock }: ActContext, member: Member): string | undefined {
  const { state } = member.record
  if ((state !== 'filling' && state !== 'releasing') || member.record.owner === owner) return undefined
  if (ages.ofRecord(member.vmid, clock.now()) < OWNER_PATIENCE) return undefined
  if (member.lock !== undefined) return `it is ${state} and locked (${member.lock}), and nobody carries on with it`
  return `it is ${state}, and nobody carries on with it`
}

async function destroyLeftover(context: ActContext, member: Member): Promise<boolean> {
  if (member.lock !== undefined) return false
  await destroy(context, member)
  return context.view.find(member.vmid) === undefined
}
