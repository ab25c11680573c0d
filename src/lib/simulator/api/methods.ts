import { accessMethods } from './access.js'
import { applianceMethods } from './aplinfo.js'
import { clusterMethods } from './cluster.js'
import { indexMethods } from './indexes.js'
import { lxcMethods } from './lxc-methods.js'
import type { ApiMethod } from './method.js'
import { nodeMethods } from './nodes.js'
import { poolMethods } from './pool-methods.js'
import { storageMethods } from './storage.js'
import { taskMethods } from './tasks.js'
import type { Tickets } from './ticket.js'
import { versionMethods } from './version.js'

/** Every method that the simulated API has. */
export function apiMethods(options: {
  readonly tickets: Tickets
  readonly fingerprint: string | undefined
  readonly addresses: readonly string[]
}): readonly ApiMethod[] {
  return [
    ...indexMethods(),
    ...versionMethods(),
    ...accessMethods(options.tickets),
    ...clusterMethods(options.addresses),
    ...nodeMethods(options.fingerprint),
    ...taskMethods(),
    ...storageMethods(),
    ...applianceMethods(),
    ...poolMethods(),
    ...lxcMethods(),
  ]
}
