/** Formats with a check and a text of their own (PVE-FACTS 1.7). */
export type FormatName =
  | 'pve-vmid'
  | 'pve-node'
  | 'pve-configid'
  | 'pve-configid-list'
  | 'pve-storage-id'
  | 'pve-volume-id'
  | 'pve-poolid'
  | 'pve-userid'
  | 'pve-ct-rootfs'
  | 'pve-tag-list'
  | 'pve-startup-order'
  | 'pve-task-status-type-list'
  | 'dns-name'
  | 'dns-name-list'
  | 'address-list'
  | 'string-list'
  | 'mac-addr'
  | 'pve-ipv4-config'
  | 'pve-ipv6-config'
  | 'ipv4'
  | 'ipv6'
  | 'pve-bridge-id'
  | 'disk-size'
  | 'pve-lxc-mp-string'
  | 'lxc-ct-timezone'
  | 'pve-lxc-dev-string'

/** One parameter or configuration option, in the shape of Proxmox's JSON schema. */
export interface Property {
  readonly type: 'string' | 'integer' | 'number' | 'boolean'
  readonly optional?: boolean
  readonly default?: string | number
  /** A named format, or the schema of a property string such as net0. */
  readonly format?: FormatName | PropertyStringSchema
  readonly pattern?: string
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  /** Name of a parameter without which this one is refused. */
  readonly requires?: string
}

/** A comma separated list of key=value, one key of which may stand without its name. */
export interface PropertyStringSchema {
  readonly keys: Readonly<Record<string, Property>>
  readonly defaultKey?: string
}

export type ObjectSchema = Readonly<Record<string, Property>>

/** A parameter value after validation: integers and booleans are numbers, everything else (numbers with a fraction and lists too) is text. */
export type ParameterValue = string | number | readonly string[]
export type Parameters = Readonly<Record<string, ParameterValue | undefined>>
