import { lxcCloneMethods } from './lxc-clone.js'
import { lxcConfigMethods } from './lxc-config.js'
import { lxcCreateMethods } from './lxc-create.js'
import { lxcDestroyMethods } from './lxc-destroy.js'
import { lxcDiskMethods } from './lxc-disk.js'
import { lxcIndexMethods } from './lxc-index.js'
import { lxcMigrateMethods } from './lxc-migrate.js'
import { lxcPowerMethods } from './lxc-power.js'
import { lxcSnapshotMethods } from './lxc-snapshot.js'
import { lxcTemplateMethods } from './lxc-template.js'
import type { ApiMethod } from './method.js'

/** All methods of /nodes/{node}/lxc (PVE-FACTS 3). Consoles, rrd and the firewall are not simulated. */
export function lxcMethods(): readonly ApiMethod[] {
  return [
    ...lxcIndexMethods(),
    ...lxcCreateMethods(),
    ...lxcConfigMethods(),
    ...lxcPowerMethods(),
    ...lxcCloneMethods(),
    ...lxcTemplateMethods(),
    ...lxcSnapshotMethods(),
    ...lxcDiskMethods(),
    ...lxcMigrateMethods(),
    ...lxcDestroyMethods(),
  ]
}
