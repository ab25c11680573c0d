import type { PropertyStringSchema } from './schema.js'

export interface PropertyParts {
  readonly values: Readonly<Record<string, string>>
  /** Why the text cannot be taken apart, newline included. */
  readonly problem?: string
}

/** Takes `name=eth0,bridge=vmbr0` apart without a look at the values, apart from the words for booleans. */
export function splitPropertyString(schema: PropertyStringSchema, text: string): PropertyParts {
  const values: Record<string, string> = {}
  for (const part of text.split(',')) {
    if (part.trim() === '') continue
    const equals = part.indexOf('=')
    const key = equals === -1 ? schema.defaultKey : part.slice(0, equals)
    const value = part.slice(equals + 1)
    if (key === undefined) return failed('value without key, but schema does not define a default key')
    if (key === '' || value === '') return failed('missing key in comma-separated list property')
    if (Object.hasOwn(values, key)) return failed(`duplicate key in comma-separated list property: ${key}`)
    values[key] = schema.keys[key]?.type === 'boolean' ? (booleanOfWord(value) ?? value) : value
  }
  return { values }
}

/** 1 or 0 for the words that Proxmox takes for a boolean on the command line and in property strings. */
export function booleanOfWord(word: string): '0' | '1' | undefined {
  if (/^(?:1|on|yes|true)$/i.test(word)) return '1'
  if (/^(?:0|off|no|false)$/i.test(word)) return '0'
  return undefined
}

function failed(problem: string): PropertyParts {
  return { values: {}, problem: `${problem}\n` }
}
