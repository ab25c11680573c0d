import type { FastifySchemaCompiler } from 'fastify'
import * as z from 'zod/mini'
import { HttpRefusal } from './refusal.js'

type Issue = z.core.$ZodIssue
interface Problem {
  readonly loc: (string | number)[]
  readonly msg: string
  readonly type: string
}

/** More than these help nobody. */
const MOST_PROBLEMS = 20

const PLACE: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'header',
}

/**
 * Checks requests against their schemas. What is wrong comes as the original service said it: 422, and a list of where (`loc`), what
 * (`msg`) and of which kind (`type`). The values themselves are not repeated: they may be secret.
 */
export const checkRequest: FastifySchemaCompiler<z.core.$ZodType> =
  ({ schema, httpPart = 'body' }) =>
  (data: unknown) => {
    const result = z.safeParse(schema, data)
    if (result.success) return { value: result.data }
    const place = PLACE[httpPart] ?? httpPart
    const problems = result.error.issues.slice(0, MOST_PROBLEMS).map((issue) => problemOf(issue, place, data))
    return { error: new HttpRefusal(422, 'invalid', problems) }
  }

/** A body that is no JSON. */
export const notJson = (): HttpRefusal =>
  new HttpRefusal(422, 'invalid', [{ loc: ['body'], msg: 'The body is not JSON', type: 'json_invalid' }])

/** A body with a name that no object may have, at whatever depth. */
export const forbiddenName = (): HttpRefusal =>
  new HttpRefusal(422, 'invalid', [
    { loc: ['body'], msg: 'The names __proto__ and constructor.prototype are not allowed', type: 'forbidden_name' },
  ])

function problemOf(issue: Issue, place: string, data: unknown): Problem {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : clipped(step)))
  const loc = [place, ...path]
  if (isMissing(issue, data)) return { loc, msg: 'This is required', type: 'missing' }
  return { loc, msg: sentenceOf(issue), type: issue.code }
}

/** A name that a caller made up may be as long as the body. */
const clipped = (step: string | number): string | number => (typeof step === 'string' ? step.slice(0, 64) : step)

function isMissing(issue: Issue, data: unknown): boolean {
  let value = data
  for (const step of issue.path) {
    if (typeof value !== 'object' || value === null) return true
    value = Object.entries(value).find(([name]) => name === String(step))?.[1]
  }
  return value === undefined || (value === null && issue.path.length === 0)
}

function sentenceOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `This must be ${{ int: 'a whole number', record: 'an object' }[issue.expected as string] ?? `of type ${issue.expected}`}`
    case 'too_big':
      return `This must be at most ${issue.maximum}${ofLength(issue.origin)}`
    case 'too_small':
      return `This must be at least ${issue.minimum}${ofLength(issue.origin)}`
    case 'invalid_value':
      return `This must be one of ${issue.values.join(', ')}`
    case 'custom':
      return issue.message
    case 'invalid_key':
      return 'This name is not allowed'
    default:
      return 'This has not the form it must have'
  }
}

const ofLength = (origin: string): string => (origin === 'string' || origin === 'array' ? ' long' : '')
