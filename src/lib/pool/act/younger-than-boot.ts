import type { Member } from '../member.js'
import { isOlderThanBoot } from '../run-state.js'
import type { ActContext } from './act-context.js'
import { Overtaken } from './overtaken.js'

/**
 * Rejects with Overtaken when the node of a container has booted since its record was written: the cluster may have forgotten that somebody had
 * it. The node itself is asked: lists tell a boot up to 10 s too late, and nothing of it in its first second (PVE-FACTS 5).
 */
export async function checkYoungerThanBoot({ boots }: ActContext, { vmid, node, record }: Member): Promise<void> {
  if (isOlderThanBoot(record.since, await boots.bootedAt(node))) throw new Overtaken(vmid, 'its node has booted')
}
