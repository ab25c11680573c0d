import { checkPropertyParts } from './check.js'
import { splitPropertyString } from './property-parts.js'
import type { Property, PropertyStringSchema } from './schema.js'

/** The values of a property string: integers and booleans are numbers. */
export type PropertyValues = Readonly<Record<string, string | number>>

/**
 * Reads `name=eth0,bridge=vmbr0`. `path` names the property in the errors of its keys (`net0`).
 * Throws an Error whose message is what stands behind `invalid format - `, newlines included (PVE-FACTS 1.7).
 */
export function parsePropertyString(schema: PropertyStringSchema, text: string, path = ''): PropertyValues {
  const parts = splitPropertyString(schema, text)
  const reason = checkPropertyParts(schema, parts, path)
  if (reason !== undefined) throw new Error(reason)
  const typed: Record<string, string | number> = {}
  for (const [key, value] of Object.entries(parts.values)) {
    const type = schema.keys[key]?.type
    typed[key] = type === 'integer' || type === 'boolean' ? Number(value) : value
  }
  return typed
}

/** Writes the values in Proxmox's order: the default key without its name, then required keys, then the rest, each alphabetically. */
export function printPropertyString(schema: PropertyStringSchema, values: PropertyValues): string {
  const { defaultKey, keys } = schema
  const rank = (key: string) => (key === defaultKey ? 0 : isRequired(keys[key]) ? 1 : 2)
  return Object.entries(values)
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map(([key, value]) => (key === defaultKey ? String(value) : `${key}=${value}`))
    .join(',')
}

function isRequired(property: Property | undefined): boolean {
  return property !== undefined && property.optional !== true
}
