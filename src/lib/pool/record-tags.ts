import { createHash } from 'node:crypto'
import { replicaTag } from '../instance/clone-sources.js'
import type { Claim, PoolRecord, PoolState } from './record.js'

/** On every container of a pool: what the index is searched for. */
export const POOL_TAG = 'cmux-pool'

const STATES: readonly PoolState[] = ['filling', 'ready', 'claimed', 'releasing', 'quarantined']
const OWN = new RegExp(
  `^(?:${POOL_TAG}|cmux-t\\d+|cmux-r[0-9a-f]{12}|cmux-(?:${STATES.join('|')})|cmux-i[0-9a-f]{12}-[0-9a-f]{12})$`,
)

/** The tags of a container with that record: ours say pool, template, state and claim; others that stand there stay. Sorted as Proxmox does. */
export const recordTags = (record: PoolRecord, present: readonly string[]): readonly string[] =>
  [
    ...new Set([
      ...present.filter((tag) => !OWN.test(tag)),
      POOL_TAG,
      replicaTag(record.template),
      `cmux-${record.state}`,
      ...(record.claim === undefined ? [] : [claimTag(record.claim)]),
    ]),
  ].toSorted()

/**
 * Says which instance holds a container, and by which claim: one look at its status proves both, and one look at the index, whose tags are live
 * (PVE-FACTS 5), finds what else the instance holds. Hashes, as a tag takes neither upper case nor much length.
 */
export const claimTag = ({ instanceId, id }: Pick<Claim, 'instanceId' | 'id'>): string =>
  `${instanceTag(instanceId)}${short(id)}`

/** What the claim tags of an instance begin with. */
export const instanceTag = (instanceId: string): string => `cmux-i${short(instanceId)}-`

const short = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)
