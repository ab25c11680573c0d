import type { FormatName } from './formats.js'

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
