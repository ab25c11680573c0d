import { splitList } from '../schema/formats.js'
import type { Property } from '../schema/schema.js'
import type { Parameters } from './method.js'

export const NODE = { type: 'string', format: 'pve-node' } as const satisfies Property
export const STORAGE = { type: 'string', format: 'pve-storage-id' } as const satisfies Property
export const optional = <P extends Property>(property: P) => ({ ...property, optional: true }) as const

/** A validated text parameter; undefined when it was not given. */
export function text(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name]
  return value === undefined ? undefined : String(value)
}

/** A validated text parameter that the schema requires. */
export function requiredText(parameters: Parameters, name: string): string {
  return text(parameters, name) ?? ''
}

/** A validated integer or boolean parameter. */
export function integer(parameters: Parameters, name: string): number | undefined {
  const value = parameters[name]
  return value === undefined ? undefined : Number(value)
}

/** Whether a boolean parameter was given as true. */
export function flag(parameters: Parameters, name: string): boolean {
  return parameters[name] === 1
}

/** The entries of a list parameter. */
export function list(parameters: Parameters, name: string): readonly string[] | undefined {
  const value = text(parameters, name)
  return value === undefined ? undefined : splitList(value)
}
