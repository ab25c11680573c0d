import type { IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Clock } from '../clock.js'
import { CmuxError, type ErrorCode, exitCodeOf, isCmuxError, isErrorCode } from '../errors.js'
import { sendWithRetries } from '../pve/retry.js'
import { type HttpAnswer, openTransport, type Transport } from '../pve/transport.js'
import { TransportError } from '../pve/transport-error.js'
import { fitsSocketAddress, LONGEST_SOCKET_PATH } from '../settings/socket-path.js'
import type { EventStream } from './event-stream.js'
import { readRefusal } from './wire/read.js'

export interface Question {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the base URL. */
  readonly path: string
  readonly query: Readonly<Record<string, string | number | boolean | undefined>>
  /** Sent as JSON. */
  readonly body: unknown
  /** Doing it twice is not the same as doing it once: never sent again when it may have arrived. */
  readonly once: boolean
  /** Milliseconds until the answer. */
  readonly timeout: number
}

interface ConnectionOptions {
  readonly url: string
  readonly token?: string
  readonly ca?: string
  readonly clock: Clock
  readonly random: () => number
}

/** Undici's own limits lie beyond what `Question.timeout` may be. */
const LIMITS = { headers: 660_000, body: 60_000, connections: 256 }
const CONNECT = 10_000
/** Characters. */
const LONGEST_REFUSAL = 65_536

/** Asks a daemon and takes its answers and refusals apart. */
export class DaemonConnection {
  readonly #transport: Transport
  readonly #place: string
  readonly #path: string
  readonly #options: ConnectionOptions
  readonly #closing = new AbortController()

  constructor(options: ConnectionOptions) {
    const { origin, path, place, socketPath } = destination(options.url)
    this.#options = options
    this.#place = place
    this.#path = path
    const connect = {
      timeout: CONNECT,
      ...(socketPath !== undefined && { socketPath }),
      ...(options.ca !== undefined && { ca: options.ca }),
    }
    this.#transport = openTransport({ origin, host: place, connect }, LIMITS)
  }

  /** The JSON of the answer. Errors: those of PoolClient; `signal`'s reason. */
  async ask(question: Question, signal?: AbortSignal): Promise<unknown> {
    const { clock, random } = this.#options
    const limit = timeLimit(clock, question.timeout, this.#place, signal)
    try {
      const answer = await sendWithRetries(() => this.#transport.send(this.#request(question), limit.signal), {
        clock,
        random,
        signal: limit.signal,
        worth: (outcome) => mayRepeat(question, outcome),
      })
      return this.#read(answer)
    } catch (error) {
      throw error instanceof TransportError ? this.#noAnswer(error) : error
    } finally {
      limit.end()
    }
  }

  /**
   * What happens in the pool from now on, when the daemon has begun to tell. Errors: those of `ask`.
   *
   * @param timeout milliseconds until it has begun
   */
  async listen(path: string, timeout: number, signal: AbortSignal | undefined): Promise<EventStream> {
    const [{ openStream }, { EventStream }] = await Promise.all([
      import('./daemon-stream.js'),
      import('./event-stream.js'),
    ])
    const { clock, ca, url } = this.#options
    const { origin, socketPath } = destination(url)
    const over = AbortSignal.any([this.#closing.signal, ...(signal === undefined ? [] : [signal])])
    const limit = timeLimit(clock, timeout, this.#place, over)
    try {
      const { path: whole, headers } = this.#request({ method: 'GET', path, query: {}, body: undefined })
      const wanted = { origin, path: whole, headers: { ...headers, accept: 'text/event-stream' } }
      const tls = { ...(socketPath !== undefined && { socketPath }), ...(ca !== undefined && { ca }) }
      const answer = await openStream({ ...wanted, ...tls }, AbortSignal.any([limit.signal, over]))
      const { statusCode: status = 0, headers: said } = answer
      if (status !== 200) {
        const body = (await text(answer)).slice(0, LONGEST_REFUSAL)
        this.#read({ status, reason: '', headers: flat(said), body })
      }
      if (status === 200 && said['content-type']?.startsWith('text/event-stream') === true) {
        return new EventStream({ answer, clock, place: this.#place, signal: over })
      }
      answer.destroy()
      throw new CmuxError(
        'unavailable',
        `What answers at ${this.#place}${this.#path} is no pool that tells its events`,
        {
          hint: WHERE,
        },
      )
    } catch (error) {
      over.throwIfAborted()
      if (isCmuxError(error)) throw error
      const message = error instanceof Error ? error.message : String(error)
      throw this.#unreachable(message, error)
    } finally {
      limit.end()
    }
  }

  close(): Promise<void> {
    this.#closing.abort(new CmuxError('unavailable', `The connection to the pool at ${this.#place} was closed`))
    return this.#transport.close()
  }

  #request({ method, path, query, body }: Pick<Question, 'method' | 'path' | 'query' | 'body'>) {
    const { token } = this.#options
    const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    )
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given)}`
    return {
      method,
      path: `${this.#path}${path}${search}`,
      headers: {
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }
  }

  #read({ status, headers, body }: HttpAnswer): unknown {
    const value = parse(body)
    if (status >= 200 && status < 300) return value
    const refusal = readRefusal(value)
    const wait = Number(headers['retry-after'])
    const data = { status, ...(Number.isFinite(wait) && { retryAfter: wait }) }
    if (refusal === undefined) {
      const code =
        status === 404 ? 'unavailable' : (CODE_OF_STATUS[status] ?? (status >= 500 ? 'unavailable' : 'failed'))
      const message = `What answers at ${this.#place}${this.#path} is no pool: HTTP ${status}`
      throw new CmuxError(code, message, { hint: WHERE, data })
    }
    const { detail, hint, because } = refusal
    const code = isErrorCode(refusal.code) ? refusal.code : (CODE_OF_STATUS[status] ?? 'failed')
    const exitCode = exitCodeFor(code, because)
    throw new CmuxError(code, sentence(detail), {
      data: { ...data, ...(because !== undefined && { because }) },
      ...(hint !== undefined && { hint }),
      ...(exitCode !== undefined && { exitCode }),
    })
  }

  #noAnswer({ failure, message, cause }: TransportError): CmuxError {
    if (failure === 'silent') return new CmuxError('timeout', `The pool did not answer: ${message}`, { cause })
    return this.#unreachable(message, cause)
  }

  #unreachable(message: string, cause: unknown): CmuxError {
    return new CmuxError('unavailable', `The pool cannot be reached: ${message}`, {
      hint: `Is the daemon running (\`cmux-pve pool serve\`)? ${WHERE}`,
      cause,
    })
  }
}

/** What the daemon finds invalid is what it was asked; what lies behind an `unavailable` says more than that it is one. */
function exitCodeFor(code: ErrorCode, because: string | undefined): number | undefined {
  if (code === 'invalid') return exitCodeOf('usage')
  return because !== undefined && isErrorCode(because) ? exitCodeOf(because) : undefined
}

const WHERE = 'PVE_POOL_URL says where it is asked for, else POOL_SOCKET, or POOL_HOST and POOL_PORT.'

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorised',
  403: 'forbidden',
  409: 'conflict',
  413: 'invalid',
  422: 'invalid',
  429: 'exhausted',
}

/** A gateway's 502 says that the daemon was not reached, or died over it; its own refusals are answers. */
function mayRepeat({ once }: Question, outcome: HttpAnswer | TransportError): boolean {
  if (!(outcome instanceof TransportError))
    return !once && outcome.status === 502 && readRefusal(parse(outcome.body)) === undefined
  if (outcome.failure !== 'unreachable' && outcome.failure !== 'lost') return false
  return !once || !outcome.sent
}

function destination(url: string) {
  if (url.startsWith('unix:/')) {
    const socketPath = url.slice('unix:'.length)
    if (!fitsSocketAddress(socketPath)) {
      const message = `The path of a Unix socket has at most ${LONGEST_SOCKET_PATH} bytes, and '${socketPath}' has more`
      throw new CmuxError('not-configured', message, { hint: WHERE })
    }
    return { origin: 'http://localhost', path: '', place: socketPath, socketPath }
  }
  if (!URL.canParse(url)) throw new CmuxError('not-configured', `'${url}' is not the URL of a pool`, { hint: WHERE })
  const { origin, host, pathname, protocol } = new URL(url)
  if (!/^https?:$/.test(protocol))
    throw new CmuxError('not-configured', `'${url}' is not http or https`, { hint: WHERE })
  return { origin, path: pathname.replace(/\/+$/, ''), place: host, socketPath: undefined }
}

/** Aborted when the caller gives up, or after `milliseconds` with `timeout`. */
function timeLimit(clock: Clock, milliseconds: number, place: string, signal: AbortSignal | undefined) {
  const limit = new AbortController()
  const over = new AbortController()
  const onAbort = () => limit.abort(signal?.reason)
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const seconds = Math.round(milliseconds / 1000)
  clock.sleep(milliseconds, over.signal).then(
    () => limit.abort(new CmuxError('timeout', `The pool at ${place} did not answer within ${seconds} s`)),
    () => undefined,
  )
  return {
    signal: limit.signal,
    end: () => {
      over.abort()
      signal?.removeEventListener('abort', onAbort)
    },
  }
}

const sentence = (detail: NonNullable<ReturnType<typeof readRefusal>>['detail']): string =>
  typeof detail === 'string' ? detail : detail.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; ')

const flat = (headers: IncomingHttpHeaders): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
