import { type CmuxError, type ErrorCode, isCmuxError } from '../../../errors.js'
import type { Refusal } from '../../wire/answers.js'

/** A refusal of the service itself, with the status that it has to have. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal'
  readonly status: number
  readonly code: ErrorCode
  readonly detail: Refusal['detail']
  readonly hint: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(
    status: number,
    code: ErrorCode,
    detail: Refusal['detail'],
    { hint, headers = {} }: { readonly hint?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(typeof detail === 'string' ? detail : 'The request is not valid')
    this.status = status
    this.code = code
    this.detail = detail
    this.hint = hint
    this.headers = headers
  }
}

/** What is sent for an error. */
export interface RefusalAnswer {
  readonly status: number
  readonly body: Refusal
  readonly headers: Readonly<Record<string, string>>
  /** Nobody expected it: it belongs into the log with all that is known. */
  readonly unexpected: boolean
}

/** Seconds, where the pool has not measured any. */
const TRY_AGAIN = 5

/**
 * The statuses of the pool's errors. That Proxmox refuses the daemon is no fault of the caller's, and 401 and 403 would say so: 502.
 * A wait that was too short and a full pool are both "not now": 503.
 */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  failed: 500,
  usage: 422,
  declined: 500,
  'not-configured': 501,
  unauthorised: 502,
  forbidden: 502,
  'not-found': 404,
  ambiguous: 409,
  exists: 409,
  locked: 423,
  'in-use': 409,
  changed: 409,
  conflict: 409,
  invalid: 422,
  unsupported: 422,
  untrusted: 502,
  unavailable: 503,
  'storage-full': 507,
  exhausted: 503,
  draining: 503,
  'task-failed': 502,
  timeout: 503,
  interrupted: 503,
  internal: 500,
}

/** What a caller hears of an error. Of one that nobody expected: nothing but that, and where to look. */
export function refusalOf(error: unknown, requestId: string): RefusalAnswer {
  if (error instanceof HttpRefusal) {
    const { status, detail, code, hint, headers } = error
    return answer(status, { detail, code, ...(hint !== undefined && { hint }) }, headers)
  }
  if (isCmuxError(error) && error.code !== 'internal') {
    const status = STATUS[error.code]
    const wait = status === 503 || status === 423 || status === 429 ? retryAfter(error) : undefined
    const headers = wait === undefined ? {} : { 'retry-after': String(wait) }
    const { message: detail, code, hint, data } = error
    const because = code === 'unavailable' ? wordIn(data, 'because') : undefined
    const body = { detail, code, ...(hint !== undefined && { hint }), ...(because !== undefined && { because }) }
    return answer(status, body, headers)
  }
  const known = fastifyRefusal(error)
  if (known !== undefined) return known
  const hint = `The daemon's log says more about request ${requestId}.`
  return { ...answer(500, { detail: 'Something unexpected happened', code: 'internal', hint }), unexpected: true }
}

/** Whole seconds after which trying again makes sense: what the pool measured, else a guess. */
function retryAfter({ data }: CmuxError): number {
  const measured =
    typeof data === 'object' && data !== null && 'retryAfter' in data && typeof data.retryAfter === 'number'
      ? data.retryAfter
      : TRY_AGAIN
  return Math.min(Math.max(1, Math.ceil(measured)), 3600)
}

function wordIn(data: unknown, name: string): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined
  const value: unknown = Object.entries(data).find(([key]) => key === name)?.[1]
  return typeof value === 'string' ? value : undefined
}

/** Fastify's own errors carry a status; its texts below 500 are about the request and hold nothing of its content. */
function fastifyRefusal(error: unknown): RefusalAnswer | undefined {
  if (!(error instanceof Error) || !('statusCode' in error) || !('code' in error)) return undefined
  const { statusCode, code } = error
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return answer(413, { detail: 'The body is larger than 64 KiB', code: 'invalid' }, { connection: 'close' })
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return answer(415, { detail: 'The body must be application/json', code: 'invalid' }, { connection: 'close' })
  }
  const detail = code === 'FST_ERR_BAD_URL' ? 'The URL cannot be decoded' : error.message
  return answer(statusCode, { detail, code: 'invalid' })
}

const answer = (status: number, body: Refusal, headers: Readonly<Record<string, string>> = {}): RefusalAnswer => ({
  status,
  body,
  headers,
  unexpected: false,
})
