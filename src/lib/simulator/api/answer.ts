import { STATUS_CODES } from 'node:http'
import type { ApiError } from './api-error.js'
import type { Refusal } from './refusal.js'
import type { ApiAnswer } from './request.js'

/** How a call ended, before it is put into a format. */
export interface CallResult {
  readonly status: number
  readonly data: unknown
  /** Full text with its newline; only on errors. */
  readonly message?: string
  readonly errors?: Readonly<Record<string, string>>
  readonly total?: unknown
  readonly changes?: unknown
}

export type AnswerFormat = 'json' | 'extjs'
export const ANSWER_FORMATS: readonly string[] = ['json', 'extjs'] satisfies readonly AnswerFormat[]

/** The result of an error raised by a method: Perl's messages end in a newline (PVE-FACTS 1.6). */
export function errorResult(error: ApiError): CallResult {
  const { status, message, errors } = error
  return { status, data: null, message: `${message}\n`, ...(errors && { errors }) }
}

/** The answer in `json`, or in `extjs`, which always says 200 and puts the status inside (PVE-FACTS 1.2). */
export function formatAnswer(format: AnswerFormat, result: CallResult): ApiAnswer {
  const failed = result.status >= 400
  const body = {
    ...(format === 'extjs' && { success: failed ? 0 : 1 }),
    ...(format === 'extjs' && failed && { status: result.status }),
    data: result.data ?? null,
    ...(failed && { message: result.message }),
    ...(result.errors && { errors: result.errors }),
    ...(!failed && result.total ? { total: result.total } : {}),
    ...(!failed && result.changes ? { changes: result.changes } : {}),
  }
  const headers = { 'Content-Type': 'application/json;charset=UTF-8' }
  const bytes = format === 'json' ? bytesOf(body) : Buffer.from(JSON.stringify(body), 'utf8')
  if (format === 'extjs' || !failed) return { status: 200, reason: 'OK', headers, body: bytes }
  return withReason(result.status, result.message ?? '', headers, bytes)
}

/** What frozen data was written as before. */
const written = new WeakMap<object, Buffer>()

function bytesOf(body: { readonly data: unknown }): Buffer {
  const { data } = body
  const isKept = typeof data === 'object' && data !== null && Object.isFrozen(data) && Object.keys(body).length === 1
  const known = isKept ? written.get(data) : undefined
  if (known !== undefined) return known
  const bytes = Buffer.from(JSON.stringify(body), 'utf8')
  if (isKept) written.set(data, bytes)
  return bytes
}

/** The answer to a request that never reached a method. */
export function refusalAnswer({ status, message, silent }: Refusal): ApiAnswer {
  return withReason(status, message, {}, Buffer.from(silent ? '' : message, 'utf8'))
}

/** A pseudo status of the proxy between the daemons: no body (PVE-FACTS 1.5). */
export function proxyFailure(status: number, reason: string): ApiAnswer {
  return { status, reason, headers: {}, body: Buffer.alloc(0), proxied: true }
}

/** The phrase is the first line of the message; what still breaks a line there makes a bare 400 (PVE-FACTS 1.1). */
function withReason(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): ApiAnswer {
  const reason = message.split('\n')[0] ?? ''
  if (reason.includes('\r')) return { status: 400, reason: 'Bad Request', headers: {}, body: Buffer.alloc(0) }
  return { status, reason: reason || (STATUS_CODES[status] ?? ''), headers, body }
}
