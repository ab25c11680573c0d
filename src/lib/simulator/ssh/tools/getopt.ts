import { ApiError } from '../../api/api-error.js'
import { booleanOfWord } from '../../schema/property-parts.js'
import type { ObjectSchema, Property } from '../../schema/schema.js'

export interface ParsedLine {
  readonly options: Readonly<Record<string, string | readonly string[]>>
  readonly words: readonly string[]
}

/** The command line is not one: `messages` are Getopt's own lines, which come first. */
export class UsageFailure extends ApiError {
  readonly messages: readonly string[]

  constructor(message: string, messages: readonly string[] = []) {
    super(400, message)
    this.messages = messages
  }
}

/**
 * Takes options out of a command line as Proxmox's get_options does (PVE-FACTS 7.1): with one or two dashes, anywhere before the
 * first `--`, abbreviated where unique, `--name=value` or `--name value`; a boolean may stand alone. Throws UsageFailure.
 */
export function parseLine(args: readonly string[], schema: ObjectSchema): ParsedLine {
  const options: Record<string, string | readonly string[]> = {}
  const words: string[] = []
  const messages: string[] = []
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word === '--') {
      words.push(...args.slice(at + 1))
      break
    }
    const found = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(word)
    if (found?.[1] === undefined) {
      words.push(word)
      continue
    }
    const name = fullName(found[1], schema)
    if (typeof name !== 'string') {
      messages.push(name.message)
      continue
    }
    const property = schema[name]
    const next = args[at + 1]
    let value = found[2]
    if (value === undefined && property?.type === 'boolean') {
      const follows = next !== undefined && !/^-/.test(next)
      value = follows ? next : ''
      if (follows) at++
    } else if (value === undefined) {
      if (next === undefined || next === '--' || (/^--?[a-zA-Z]/.test(next) && property?.type !== 'integer')) {
        messages.push(`Option ${name} requires an argument`)
        continue
      }
      value = next
      at++
    }
    const before = options[name]
    options[name] =
      isList(property) && before !== undefined ? [...(Array.isArray(before) ? before : [before]), value] : value
  }
  if (messages.length > 0) throw new UsageFailure('unable to parse option', messages)
  for (const [name, value] of Object.entries(options)) {
    if (schema[name]?.type === 'boolean' && typeof value === 'string') options[name] = flagValue(value)
  }
  return { options, words }
}

function flagValue(text: string): string {
  if (text === '') return '1'
  const value = booleanOfWord(text)
  if (value === undefined) throw new UsageFailure('unable to parse boolean option')
  return String(value)
}

/** The option that a name or its beginning means, whatever its case. */
function fullName(given: string, schema: ObjectSchema): string | { readonly message: string } {
  const names = Object.keys(schema)
  const lower = given.toLowerCase()
  const exact = names.find((name) => name === given) ?? names.find((name) => name.toLowerCase() === lower)
  if (exact !== undefined) return exact
  const starting = names.filter((name) => name.toLowerCase().startsWith(lower))
  const [only] = starting
  if (only !== undefined && starting.length === 1) return only
  return {
    message:
      starting.length === 0
        ? `Unknown option: ${lower}`
        : `Option ${lower} is ambiguous (${starting.sort().join(', ')})`,
  }
}

function isList(property: Property | undefined): boolean {
  return typeof property?.format === 'string' && property.format.endsWith('-list')
}
