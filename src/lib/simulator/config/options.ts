import type { ObjectSchema, PropertyStringSchema } from '../schema/schema.js'

/** netN (PVE-FACTS 4.2). */
export const NETWORK: PropertyStringSchema = { keys: {} }
export const ROOTFS: PropertyStringSchema = { keys: {} }
export const MOUNT_POINT: PropertyStringSchema = { keys: {} }
export const FEATURES: PropertyStringSchema = { keys: {} }

/** Every option that a configuration may hold and a caller may set; `parent`, `snaptime` and `snapstate` are Proxmox's own. */
export const CONFIG_OPTIONS: ObjectSchema = {}
