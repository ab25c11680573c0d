import { parameterError } from '../api/api-error.js'
import { checkObject, type RawValue, scalarText } from './check.js'
import { isListFormat } from './formats.js'
import { booleanOfWord } from './property-parts.js'
import type { ObjectSchema, Parameters, ParameterValue } from './schema.js'

/**
 * Checks parameters as Proxmox does and answers them with integers and booleans as numbers, everything else as text.
 * Values are what a decoded request holds: texts, arrays of texts for repeated keys, JSON numbers, booleans and null.
 * Throws a 400 ApiError that names every bad parameter. With `cli` booleans may also be words such as on and yes (PVE-FACTS 1.7).
 */
export function validate(
  schema: ObjectSchema,
  values: Readonly<Record<string, RawValue>>,
  options: { readonly cli?: boolean } = {},
): Parameters {
  const given = Object.entries(values).filter(([name, value]) => !isAbsent(schema, name, value))
  const decoded = Object.fromEntries(
    given.map(([name, value]) => [name, decode(schema, name, value, options.cli === true)]),
  )
  const errors = checkObject(schema, decoded, '')
  if (Object.keys(errors).length > 0) throw parameterError(errors)

  const parameters: Record<string, ParameterValue> = {}
  for (const [name, value] of Object.entries(decoded)) {
    const type = schema[name]?.type ?? 'string'
    const text = scalarText(value, type) ?? ''
    parameters[name] = type === 'integer' || type === 'boolean' ? Number(text) : text
  }
  return parameters
}

/** A name without a value, as JSON's null or a key without `=` have it, counts as absent, but only if it is known. */
function isAbsent(schema: ObjectSchema, name: string, value: RawValue): boolean {
  return value === undefined || (value === null && Object.hasOwn(schema, name))
}

function decode(schema: ObjectSchema, name: string, value: RawValue, cli: boolean): RawValue {
  const property = Object.hasOwn(schema, name) ? schema[name] : undefined
  const format = property?.format
  if (Array.isArray(value) && property?.type === 'string' && typeof format === 'string' && isListFormat(format)) {
    return value.map(String).join(',')
  }
  if (cli && property?.type === 'boolean' && typeof value === 'string') return booleanOfWord(value) ?? value
  return value
}
