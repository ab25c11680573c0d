import type { PropertyStringSchema } from './schema.js'

export type PropertyValues = Readonly<Record<string, string | number>>

/** Reads `name=eth0,bridge=vmbr0`. Throws an Error whose message is what stands behind `invalid format - `, newlines included. `path` names the property in sub-key errors (`net0`). */
export function parsePropertyString(_schema: PropertyStringSchema, _text: string, _path?: string): PropertyValues {
  throw new Error('being built')
}

/** Writes the values in Proxmox's order: the default key (without its name) or the required ones first, the rest alphabetically. */
export function printPropertyString(_schema: PropertyStringSchema, _value: PropertyValues): string {
  throw new Error('being built')
}
