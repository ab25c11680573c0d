import { replicaTag } from '../instance/clone-sources.js'
import type { PoolRecord, PoolState } from './record.js'

/** On every container of a pool: what the index is searched for. */
export const POOL_TAG = 'cmux-pool'

const STATES: readonly PoolState[] = ['filling', 'ready', 'claimed', 'releasing', 'quarantined']
const OWN = new RegExp(`^(?:${POOL_TAG}|cmux-t\\d+|cmux-(?:${STATES.join('|')}))$`)

/** The tags of a container with that record: ours say pool, template and state; others that stand there stay. Sorted as Proxmox does. */
export const recordTags = (record: PoolRecord, present: readonly string[]): readonly string[] =>
  [
    ...new Set([
      ...present.filter((tag) => !OWN.test(tag)),
      POOL_TAG,
      replicaTag(record.template),
      `cmux-${record.state}`,
    ]),
  ].toSorted()
