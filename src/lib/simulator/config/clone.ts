import { type ContainerConfig, NO_PENDING, type OptionValue, withDescription } from './container-config.js'
import { type RandomIntegers, withNewHardwareAddress } from './network.js'
import { snapshotSection } from './view.js'

export interface CloneChanges {
  readonly hostname?: string
  readonly description?: string
  /** Clone the state of this snapshot. 500 when there is none of that name. */
  readonly snapname?: string
}

const NOT_CLONED = /^(?:parent|snaptime|snapstate|template|lock|unused\d+)$/

/**
 * The configuration of a clone, still with the volumes of its source and without a lock (PVE-FACTS 3.3): everything is
 * copied, tags and features too, but interfaces get new hardware addresses.
 */
export function cloneConfig(source: ContainerConfig, changes: CloneChanges, random: RandomIntegers): ContainerConfig {
  const section = changes.snapname === undefined ? source : snapshotSection(source, changes.snapname)
  const options: Record<string, OptionValue> = {}
  for (const [name, value] of Object.entries(section.options)) {
    if (NOT_CLONED.test(name)) continue
    options[name] = /^net\d+$/.test(name) ? withNewHardwareAddress(String(value), random) : value
  }
  if (changes.hostname !== undefined) options['hostname'] = changes.hostname
  const clone = { options, lxc: section.lxc, pending: NO_PENDING, snapshots: {} }
  return withDescription(clone, changes.description ?? section.description)
}
