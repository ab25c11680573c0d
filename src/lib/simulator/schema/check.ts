import { checkFormat } from './formats.js'
import { type PropertyParts, splitPropertyString } from './property-parts.js'
import type { ObjectSchema, Property, PropertyStringSchema } from './schema.js'

/** A value as a decoded request holds it: text, a JSON number or boolean, or something that no parameter may be. */
export type RawValue = unknown

/** Text per property; two errors on one property are joined with a backslash and an n (PVE-FACTS 1.7). */
export type PropertyErrors = Readonly<Record<string, string>>

/** Checks the values of an object against its schema; the names of nested properties start with `path.`. */
export function checkObject(
  schema: ObjectSchema,
  values: Readonly<Record<string, RawValue>>,
  path: string,
): PropertyErrors {
  const errors = new Map<string, string>()
  const named = (name: string) => (path === '' ? name : `${path}.${name}`)
  const add = (name: string, text: string) => {
    const key = named(name)
    const earlier = errors.get(key)
    errors.set(key, earlier === undefined ? text : `${earlier}\\n${text}`)
  }
  for (const name of requiredNames(schema)) {
    if (values[name] === undefined) add(name, 'property is missing and it is not optional')
  }
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) continue
    const property = Object.hasOwn(schema, name) ? schema[name] : undefined
    if (property === undefined) {
      add(name, 'property is not defined in schema and the schema does not allow additional properties')
      continue
    }
    const problem = checkValue(property, value, named(name))
    if (problem !== undefined) add(name, problem)
    if (property.requires !== undefined && values[property.requires] === undefined) {
      add(property.requires, `missing property required by '${named(name)}'`)
    }
  }
  return Object.fromEntries(errors)
}

/** A container's schema has a thousand properties, nearly all optional: they are looked through once. */
const required = new WeakMap<ObjectSchema, readonly string[]>()

function requiredNames(schema: ObjectSchema): readonly string[] {
  const known = required.get(schema)
  if (known !== undefined) return known
  const names = Object.keys(schema).filter((name) => schema[name]?.optional !== true)
  required.set(schema, names)
  return names
}

/** What is wrong with a property string, newlines included; undefined when it is right. */
export function checkPropertyParts(
  schema: PropertyStringSchema,
  { values, problem }: PropertyParts,
  path: string,
): string | undefined {
  if (problem !== undefined) return problem
  const errors = Object.entries(checkObject(schema.keys, values, path))
  if (errors.length === 0) return undefined
  const lines = errors.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, text]) => `${key}: ${text}\n`)
  return `format error\n${lines.join('')}`
}

/** The first thing that is wrong with one value: type, format, pattern, lengths, bounds, enumeration, in this order. */
function checkValue(property: Property, value: RawValue, path: string): string | undefined {
  const text = scalarText(value, property.type)
  if (text === undefined) return `type check ('${property.type}') failed - got ${perlType(value)}`
  if (!isOfType(property.type, text)) return `type check ('${property.type}') failed - got '${text}'`

  const { format } = property
  if (format !== undefined) {
    const reason =
      typeof format === 'string'
        ? checkFormat(format, text)
        : checkPropertyParts(format, splitPropertyString(format, text), path)
    if (reason !== undefined) return `invalid format - ${reason}`
  }
  if (property.pattern !== undefined && !new RegExp(`^(?:${property.pattern})$`).test(text)) {
    return 'value does not match the regex pattern'
  }
  const length = property.maxLength === undefined && property.minLength === undefined ? 0 : [...text].length
  if (property.maxLength !== undefined && length > property.maxLength) {
    return `value may only be ${property.maxLength} characters long`
  }
  if (property.minLength !== undefined && length < property.minLength) {
    return `value must be at least ${property.minLength} characters long`
  }
  if (property.maximum !== undefined && Number(text) > property.maximum) {
    return `value must have a maximum value of ${property.maximum}`
  }
  if (property.minimum !== undefined && Number(text) < property.minimum) {
    return `value must have a minimum value of ${property.minimum}`
  }
  if (property.enum !== undefined && !property.enum.includes(text)) {
    return `value '${text}' does not have a value in the enumeration '${property.enum.join(', ')}'`
  }
  return undefined
}

/** The value as Perl would see it as text; undefined for what Perl holds in a reference. */
export function scalarText(value: RawValue, type: Property['type']): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean' && type === 'boolean') return value ? '1' : '0'
  return undefined
}

function isOfType(type: Property['type'], text: string): boolean {
  switch (type) {
    case 'string':
      return true
    case 'boolean':
      return text === '0' || text === '1'
    case 'integer':
      return /^[+-]?\d+$/.test(text)
    case 'number':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)
  }
}

/** What Perl calls the reference that stands where a plain value belongs. */
function perlType(value: RawValue): string {
  if (typeof value === 'boolean') return 'JSON::PP::Boolean'
  return Array.isArray(value) ? 'ARRAY' : 'HASH'
}
