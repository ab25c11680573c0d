import type { ContainerConfig } from './container-config.js'
import type { RandomIntegers } from './network.js'

export interface CloneChanges {
  readonly hostname?: string
  readonly description?: string
  /** Clone the state of this snapshot. 500 when there is none of that name. */
  readonly snapname?: string
}

/** The configuration of a clone, still with the volumes of its source (PVE-FACTS 3.3). */
export function cloneConfig(
  _source: ContainerConfig,
  _changes: CloneChanges,
  _random: RandomIntegers,
): ContainerConfig {
  throw new Error('being built')
}
