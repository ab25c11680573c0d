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
 * first `--`, abbreviated where unique, `--name=value` or `--name value`; a boolean may stand alone, and any other option takes
 * whatever comes next, dashes or not. Booleans stay as typed: see flagValues. Throws UsageFailure.
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
    const found = /^--?([^=]+)(?:=(.*))?$/s.exec(word)
    if (found?.[1] === undefined || word === '-') {
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
    const isFlag = property?.type === 'boolean'
    const follows = found[2] === undefined && next !== undefined && !(isFlag && /^-./.test(next))
    const value = follows ? next : found[2]
    if (follows) at++
    if (!isFlag && !follows && (value === undefined || value === '')) {
      messages.push(`Option ${name} requires an argument`)
      continue
    }
    const before = options[name]
    options[name] =
      isList(property) && before !== undefined
        ? [...(Array.isArray(before) ? before : [before]), value ?? '']
        : (value ?? '')
  }
  if (messages.length > 0) throw new UsageFailure('unable to parse option', messages)
  return { options, words }
}

/** The parameters with their booleans as 1 or 0; one that stood alone counts as set. Throws UsageFailure. */
export function flagValues(
  parameters: Readonly<Record<string, string | readonly string[]>>,
  schema: ObjectSchema,
): Readonly<Record<string, string | readonly string[]>> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      schema[name]?.type === 'boolean' && typeof value === 'string' ? flagValue(value) : value,
    ]),
  )
}

function flagValue(text: string): string {
  const value = text === '' ? '1' : booleanOfWord(text)
  if (value === undefined) throw new UsageFailure('unable to parse boolean option')
  return value
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
