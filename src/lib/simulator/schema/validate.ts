import type { ObjectSchema, Parameters } from './schema.js'

/**
 * Checks parameters as Proxmox does and answers them with integers and booleans as numbers.
 * Values are what a decoded request holds: texts, arrays of texts for repeated keys, JSON numbers, booleans and null.
 * Throws a 400 ApiError that names every bad parameter. With `cli` booleans may also be on, yes and true (PVE-FACTS 1.7).
 */
export function validate(
  _schema: ObjectSchema,
  _values: Readonly<Record<string, unknown>>,
  _options: { readonly cli?: boolean } = {},
): Parameters {
  throw new Error('being built')
}
