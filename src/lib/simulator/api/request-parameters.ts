import { percentDecoded } from './api-url.js'
import { jsonProblem } from './json-problem.js'
import { Refusal } from './refusal.js'

/** Parameters as they came: texts, arrays of texts for repeated keys, and whatever a JSON body holds. */
export type RawParameters = Readonly<Record<string, unknown>>

/**
 * Query and body together; the query wins (PVE-FACTS 1.7). `_dc`, which browsers add against caches, is dropped.
 * Throws the refusal of malformed JSON.
 */
export function requestParameters(
  method: string,
  query: string,
  contentType: string | undefined,
  body: Buffer,
): RawParameters {
  const { _dc, ...parameters } = { ...bodyParameters(method, contentType, body), ...urlDecoded(query) }
  return parameters
}

/** The type without its parameters; undefined when there is none. Capitals are not the same. */
export function mediaType(contentType: string | undefined): string | undefined {
  return contentType?.split(/\s*[;,]\s*/)[0] || undefined
}

/**
 * Decodes a query or form the way Proxmox does: `;` separates too, a value ends at a second `=`, `+` is a space,
 * a repeated key makes a list, and a key without `=` has no value.
 */
export function urlDecoded(text: string): RawParameters {
  const parameters: Record<string, unknown> = {}
  for (const pair of text.split(/[&;]/)) {
    if (pair === '') continue
    const [rawKey = '', rawValue] = pair.split('=')
    const key = unescaped(rawKey)
    const value = rawValue === undefined ? null : unescaped(rawValue)
    const before = parameters[key]
    if (value === null || before === undefined || before === null) parameters[key] = value
    else parameters[key] = Array.isArray(before) ? [...before, value] : [before, value]
  }
  return parameters
}

function bodyParameters(method: string, contentType: string | undefined, body: Buffer): RawParameters {
  if (method !== 'PUT' && method !== 'POST') return {}
  const text = body.toString('utf8')
  return mediaType(contentType) === 'application/json' ? jsonDecoded(text) : urlDecoded(text)
}

function jsonDecoded(text: string): RawParameters {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Refusal(500, `${jsonProblem(text)} at ${SERVER} line 935.`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  if (value === null) return {}
  const problem = Array.isArray(value)
    ? 'Not a HASH reference'
    : `Can't use string ("${String(value)}") as a HASH ref while "strict refs" in use`
  throw new Refusal(500, `${problem} at ${SERVER} line 978.`)
}

const SERVER = '/usr/share/perl5/PVE/APIServer/AnyEvent.pm'
const unescaped = (text: string) => percentDecoded(text.replaceAll('+', ' '))
