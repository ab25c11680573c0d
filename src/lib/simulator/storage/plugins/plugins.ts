import type { StorageType } from '../storage-config.js'
import { btrfs } from './btrfs.js'
import { dir, nfs } from './dir.js'
import { lvm, lvmthin } from './lvm.js'
import type { StoragePlugin } from './plugin.js'
import { rbd } from './rbd.js'
import { zfspool } from './zfspool.js'

/** How each type of storage behaves. */
export const PLUGINS: Readonly<Record<StorageType, StoragePlugin>> = { btrfs, dir, lvm, lvmthin, nfs, rbd, zfspool }
