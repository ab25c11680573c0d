import type { Duplex } from 'node:stream'
import { refusalAnswer } from '../api/answer.js'
import type { HttpMethod } from '../api/method.js'
import { Refusal } from '../api/refusal.js'
import type { ApiOutcome, RequestHead } from '../api/request.js'
import type { RequestHandler } from '../api/router.js'
import { HeaderOverflow, HeaderReader, parseRequestLine, type RequestLine } from './request-head.js'
import { responseBytes } from './response.js'
import { InputEnded, SocketInput } from './socket-input.js'

export interface ConnectionOptions {
  readonly router: RequestHandler
  /** False when the server has nearly as many connections as it takes. */
  readonly mayKeepAlive: () => boolean
  /** Milliseconds since the epoch, for the Date header. */
  readonly now: () => number
  /** How long the client may be silent. */
  readonly idleMs: number
}

const REQUESTS_PER_CONNECTION = 100
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'DELETE'] satisfies readonly HttpMethod[])

/**
 * Serves the requests of one connection, one after the other, until either side has had enough: silence, 100
 * request lines, `Connection: close`, any status from 400 (PVE-FACTS 1.1).
 */
export async function serveConnection(socket: Duplex, options: ConnectionOptions): Promise<void> {
  const input = new SocketInput(socket, options.idleMs)
  const connection = new Connection(socket, input, options)
  try {
    while (await connection.serveRequest()) {}
  } catch (error) {
    if (error instanceof HeaderOverflow) await input.silence()
    else if (!(error instanceof InputEnded)) throw error
  } finally {
    await hangUp(socket, input)
  }
}

class Connection {
  readonly #socket: Duplex
  readonly #input: SocketInput
  readonly #options: ConnectionOptions
  #requestsLeft = REQUESTS_PER_CONNECTION

  constructor(socket: Duplex, input: SocketInput, options: ConnectionOptions) {
    this.#socket = socket
    this.#input = input
    this.#options = options
  }

  /** Reads and answers one request. False when the connection is to be closed. */
  async serveRequest(): Promise<boolean> {
    const line = await this.#input.line()
    this.#requestsLeft--
    if (line === '') return true
    let request: RequestLine
    try {
      request = parseRequestLine(line)
    } catch (error) {
      return this.#answerRefusal(error, { protocol: 'HTTP/1.0' }, {})
    }
    const reader = new HeaderReader()
    try {
      while (!reader.add(await this.#input.line())) {}
      const { headers } = reader
      const head = knownRequest(request, headers)
      return await this.#answer(await this.#outcome(head), request, headers)
    } catch (error) {
      return this.#answerRefusal(error, request, reader.headers)
    }
  }

  async #outcome(head: RequestHead): Promise<ApiOutcome> {
    const admitted = await this.#options.router.admit(head)
    if ('status' in admitted) return admitted
    const body = await this.#input.bytes(Number(head.headers['content-length'] ?? 0))
    return this.#options.router.perform(admitted, body)
  }

  #answerRefusal(
    error: unknown,
    request: Pick<RequestLine, 'protocol'>,
    headers: RequestHead['headers'],
  ): Promise<boolean> {
    if (!(error instanceof Refusal)) throw error
    return this.#answer(refusalAnswer(error), request, headers)
  }

  async #answer(
    outcome: ApiOutcome,
    { protocol }: Pick<RequestLine, 'protocol'>,
    headers: RequestHead['headers'],
  ): Promise<boolean> {
    if (outcome === 'drop') {
      this.#socket.destroy()
      return false
    }
    const keepAlive = outcome.status < 400 && this.#wantsKeepAlive(protocol, headers)
    const acceptEncoding = headers['accept-encoding'] ?? ''
    const bytes = await responseBytes(outcome, { protocol, keepAlive, acceptEncoding, now: this.#options.now() })
    if (!this.#socket.writable) return false
    this.#socket.write(bytes)
    return keepAlive
  }

  #wantsKeepAlive(protocol: string, headers: RequestHead['headers']): boolean {
    const connection = headers['connection']
    const asked = connection === undefined ? protocol !== 'HTTP/1.0' : !/close/i.test(connection)
    return asked && this.#requestsLeft > 0 && this.#options.mayKeepAlive()
  }
}

/** Throws the refusals of unknown methods and transfer encodings. */
function knownRequest({ method, url }: RequestLine, headers: RequestHead['headers']): RequestHead {
  if (!isHttpMethod(method)) throw new Refusal(501, `method '${method}' not available`, { silent: true })
  const encoding = headers['transfer-encoding']
  if (encoding?.toLowerCase() === 'chunked') throw new Refusal(501, 'chunked transfer encoding not supported')
  if (encoding) throw new Refusal(501, `Unknown transfer encoding '${encoding}'`)
  return { method, url, headers }
}

function isHttpMethod(method: string): method is HttpMethod {
  return METHODS.has(method)
}

/** Lets the last answer reach the peer: closing while input is unread would reset the connection under it. */
async function hangUp(socket: Duplex, input: SocketInput): Promise<void> {
  if (!socket.destroyed) {
    socket.end()
    await input.silence()
  }
  socket.destroy()
}
