import type { buildConnector, Dispatcher } from 'undici'
import type { TlsTrust } from '../settings/settings.js'
import { trustingConnector } from './tls.js'
import { describeFailure, TransportError } from './transport-error.js'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query, percent-encoded: `/api2/json/version`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Form-encoded text; absent for GET and DELETE. */
  readonly body?: string
}

export interface HttpAnswer {
  readonly status: number
  /** Of the status line: answers 401 and 595 to 599 say nothing else (PVE-FACTS 1.3, 1.5). */
  readonly reason: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Carries one request to the server and its answer back. Rejects with a TransportError, or with the signal's reason. */
export interface Transport {
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer>
  close(): Promise<void>
}

/** Limits of a transport: milliseconds, bytes. */
export interface TransportLimits {
  readonly connect: number
  /** Until the answer begins. pveproxy itself gives up on a node after 30 s with 596 (PVE-FACTS 1.5). */
  readonly headers: number
  /** Between two parts of the answer. */
  readonly body: number
  /** From the beginning of the answer to its end. */
  readonly whole: number
  readonly answerSize: number
  readonly connections: number
}

const LIMITS: TransportLimits = {
  connect: 10_000,
  headers: 35_000,
  body: 35_000,
  whole: 120_000,
  answerSize: 64 * 1024 * 1024,
  connections: 16,
}

/** Proxmox closes an idle connection after 5 s (PVE-FACTS 1.1): ours go first, so that no request meets the closing. */
const KEEP_ALIVE = 3_000

/** HTTPS to one host through undici. Nothing is loaded or connected before the first request. */
export function createTransport(url: string, trust: TlsTrust, limits: Partial<TransportLimits> = {}): Transport {
  const connect = trustingConnector(trust, limits.connect ?? LIMITS.connect)
  const { origin, host } = new URL(url)
  return openTransport({ origin, host, connect }, limits)
}

export interface Destination {
  readonly origin: string
  /** What errors call it. */
  readonly host: string
  readonly connect: buildConnector.connector | buildConnector.BuildOptions
}

/** HTTP to one place, however it is reached. Nothing is loaded or connected before the first request. */
export function openTransport(destination: Destination, limits: Partial<TransportLimits> = {}): Transport {
  const { origin, host, connect } = destination
  const limit = { ...LIMITS, ...limits }
  let pool: Promise<Dispatcher> | undefined
  const open = async (): Promise<Dispatcher> => {
    const { default: Pool } = await import('undici/lib/dispatcher/pool.js')
    return new Pool(origin, {
      connect,
      connections: limit.connections,
      keepAliveTimeout: KEEP_ALIVE,
      keepAliveMaxTimeout: KEEP_ALIVE,
      headersTimeout: limit.headers,
      bodyTimeout: limit.body,
    })
  }
  return {
    async send(request, signal) {
      signal?.throwIfAborted()
      pool ??= open()
      return exchange(await pool, request, { host, limit, signal })
    },
    async close() {
      await (await pool)?.destroy()
    },
  }
}

interface ExchangeContext {
  readonly host: string
  readonly limit: TransportLimits
  readonly signal: AbortSignal | undefined
}

function exchange(pool: Dispatcher, request: HttpRequest, context: ExchangeContext): Promise<HttpAnswer> {
  const { host, limit, signal } = context
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    let head = { status: 0, reason: '', headers: {} as Record<string, string> }
    let sent = false
    let abort: ((reason: Error) => void) | undefined
    let ending: NodeJS.Timeout | undefined
    const settle = (finish: () => void) => {
      clearTimeout(ending)
      signal?.removeEventListener('abort', onAbort)
      finish()
    }
    const onAbort = () => {
      settle(() => reject(signal?.reason))
      abort?.(new Error('aborted'))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    pool.dispatch(
      { method: request.method, path: request.path, headers: request.headers, body: request.body ?? null },
      {
        onRequestStart(controller) {
          abort = (reason) => controller.abort(reason)
          if (signal?.aborted) controller.abort(new Error('aborted'))
          else sent = true
        },
        onResponseStart(controller, status, headers, reason = '') {
          clearTimeout(ending)
          ending = setTimeout(() => controller.abort(endless(host, sent)), limit.whole)
          head = { status, reason, headers: flatHeaders(headers) }
        },
        onResponseData(controller, chunk) {
          size += chunk.length
          if (size <= limit.answerSize) chunks.push(chunk)
          else controller.abort(tooLarge(host, limit.answerSize, sent))
        },
        onResponseEnd() {
          const answer = { ...head, body: Buffer.concat(chunks).toString('utf8') }
          // undici takes the connection back a turn of the event loop later: who sends sooner pays for a new connection.
          queueMicrotask(() => setImmediate(() => settle(() => resolve(answer))))
        },
        onResponseError(_controller, error) {
          settle(() => reject(describeFailure(error, sent, host)))
        },
      },
    )
  })
}

const tooLarge = (host: string, bytes: number, sent: boolean): TransportError =>
  new TransportError('too-large', `${host} sent more than ${bytes} bytes`, { sent })

const endless = (host: string, sent: boolean): TransportError =>
  new TransportError('silent', `${host} began an answer and did not end it in time`, { sent })

function flatHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return flat
}
