import { type Clock, systemClock } from '../clock.js'
import { CmuxError, isCmuxError } from '../errors.js'
import type { ApiSettings, ApiToken } from '../settings/settings.js'
import type { PveClientOptions } from './client-options.js'
import type { OptionValues } from './container-data.js'
import { authorization, formEncode, type WireParameters, wireParameters } from './encoding.js'
import { classifyAnswer, classifyTransportError, type FailedRequest, mayHavePassed, nonsense } from './errors.js'
import { type Effect, LostAnswer, settle } from './lost-answer.js'
import { isRecord, type Reader, WireError } from './reader.js'
import { changeMayRepeat, readMayRepeat, sendWithRetries } from './retry.js'
import { createTransport, type HttpAnswer, type HttpRequest, type Transport } from './transport.js'
import { TransportError } from './transport-error.js'
import { isSyntheticUpid, isUpid, type Upid } from './upid.js'

export interface ReadOptions {
  readonly query?: OptionValues
  readonly signal?: AbortSignal | undefined
}

/** A call that changes something, and how to find out about it when its answer gets lost. */
export interface Change<T> {
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly parameters?: OptionValues
  readonly read: Reader<T>
  /** What a dry run answers. */
  readonly planned: T
  readonly effect: Effect<T>
  /** Not sent again, not even when it surely never arrived: who asked for it looks first whether it still is what they want. */
  readonly once?: boolean
}

/** Reads and changes over one transport: authentication, error classes, retries, lost answers, dry runs. */
export class Api {
  readonly clock: Clock
  readonly dryRun: boolean
  /** `USER@REALM!ID` */
  readonly tokenId: string
  readonly #host: string
  readonly #token: ApiToken
  readonly #transport: Transport
  readonly #options: PveClientOptions
  /** Tasks whose UPID we were told: none of them can be the one whose answer was lost. */
  readonly #knownTasks = new Set<string>()
  /** Tasks that were found when an answer was lost. */
  readonly #assumedTasks = new Set<string>()
  /** Milliseconds that the server's clock is ahead of ours. */
  #clockOffset: number | undefined

  constructor(settings: ApiSettings, options: PveClientOptions = {}) {
    this.clock = options.clock ?? systemClock
    this.dryRun = options.dryRun ?? false
    this.tokenId = settings.token.id
    this.#host = new URL(settings.url).host
    this.#token = settings.token
    this.#transport = options.transport ?? createTransport(settings.url, settings.tls)
    this.#options = options
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  warn(message: string): void {
    this.#options.onWarning?.(message)
  }

  /** Reads `data` of the answer. Quick failures of the connection are tried again. */
  get<T>(path: string, read: Reader<T>, options: ReadOptions = {}): Promise<T> {
    return this.getAnswer(path, (answer, where) => read(answer['data'], `${where}data`), options)
  }

  /** Like `get`, for the few calls that say something beside `data`. */
  async getAnswer<T>(
    path: string,
    read: (answer: Record<string, unknown>, where: string) => T,
    options: ReadOptions = {},
  ): Promise<T> {
    const parameters = wireParameters(options.query ?? {})
    const request = this.#describe('GET', path, parameters)
    const limit = this.#limit()
    const signal = anySignal(options.signal, this.#options.signal, limit?.signal)
    try {
      return readAnswer(await this.#send(request, readMayRepeat, signal), request, read)
    } catch (error) {
      throw error instanceof TransportError ? classifyTransportError(error) : error
    } finally {
      limit?.abort()
    }
  }

  /** Makes a change. In a dry run it is only reported. */
  async change<T>(change: Change<T>): Promise<T> {
    const parameters = wireParameters(change.parameters ?? {})
    this.#options.onCall?.({ method: change.method, path: change.path, parameters })
    if (this.dryRun) return change.planned
    const request = this.#describe(change.method, change.path, parameters)
    const sentAt = this.clock.now()
    const offset = this.#clockOffset
    const limit = this.#limit(LEAST_CHANGE)
    let told: T | undefined
    const result = await settle({
      send: async () => {
        const answer = await this.#sendChange(request, change.once, limit)
        told = readAnswer(answer, request, ({ data }) => change.read(data, 'data'), LostAnswer.of)
        return told
      },
      effect: change.effect,
      lost: async () => ({ since: toSeconds(sentAt + (offset ?? (await this.#learnOffset()))) }),
      clock: this.clock,
      signal: this.#options.signal,
      ...(limit !== undefined && { limit: limit.signal }),
    }).finally(() => limit?.abort())
    if (typeof result === 'string' && isUpid(result)) {
      this.learnTask(result)
      if (result !== told) remember(this.#assumedTasks, result)
    }
    return result
  }

  /** From now on this task cannot be taken for that of another call. */
  learnTask(upid: Upid): void {
    remember(this.#knownTasks, upid)
  }

  /** Whether a task was only taken for that of a call whose answer was lost: it may be another one, of the same second. */
  isAssumedTask(upid: Upid): boolean {
    return this.#assumedTasks.has(upid)
  }

  /** Seconds since the epoch by the node's clock, rounded down so that no task which begins now is older. */
  async nodeSeconds(): Promise<number> {
    const offset = this.#clockOffset ?? (await this.#learnOffset())
    return toSeconds(this.clock.now() + offset)
  }

  /** Whether a task may be one of ours that we do not know yet. */
  isUnknownTask(upid: Upid): boolean {
    return !this.#knownTasks.has(upid) && !isSyntheticUpid(upid)
  }

  /** Milliseconds that the server's clock is ahead of ours, by its last answer, cut to its second; undefined before the first one. */
  get clockOffset(): number | undefined {
    return this.#clockOffset
  }

  operationId(): string | undefined {
    return this.#options.operationId?.()
  }

  #describe(
    method: HttpRequest['method'],
    path: string,
    parameters: WireParameters,
  ): FailedRequest & { method: HttpRequest['method'] } {
    return { method, path, parameters, token: this.#token.id, host: this.#host }
  }

  async #sendChange(
    request: FailedRequest & { method: HttpRequest['method'] },
    once = false,
    limit: AbortController | undefined,
  ): Promise<HttpAnswer> {
    const mayRepeat = once ? () => false : changeMayRepeat
    const signal = anySignal(this.#options.signal, limit?.signal)
    const answer = await this.#send(request, mayRepeat, signal).catch((error: unknown) => {
      if (isCmuxError(error) && error === limit?.signal.reason) throw new LostAnswer(error)
      if (!(error instanceof TransportError)) throw error
      const classified = classifyTransportError(error)
      throw error.sent ? new LostAnswer(classified) : classified
    })
    if (mayHavePassed(answer)) throw new LostAnswer(classifyAnswer(answer, request))
    return answer
  }

  /** Is aborted when a call takes longer than the caller has time for; to be aborted when the call is over. */
  #limit(least = 0): AbortController | undefined {
    if (this.#options.patience === undefined) return undefined
    const patience = Math.max(least, this.#options.patience)
    const limit = new AbortController()
    const over = () =>
      limit.abort(
        new CmuxError('timeout', `${this.#host} did not answer within ${patience / 1000} s`, {
          hint: 'Is the host up, and is it a Proxmox VE API behind that port?',
        }),
      )
    this.clock.sleep(patience, limit.signal).then(over, () => undefined)
    return limit
  }

  /** Parameters go into the query for GET and DELETE, which may have no body (PVE-FACTS 1.1). */
  async #send(
    request: FailedRequest & { method: HttpRequest['method'] },
    worth: (outcome: HttpAnswer | TransportError) => boolean,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer> {
    const form = formEncode(request.parameters)
    const hasBody = request.method === 'POST' || request.method === 'PUT'
    const message: HttpRequest = {
      method: request.method,
      path: `/api2/json${request.path}${hasBody || form === '' ? '' : `?${form}`}`,
      headers: {
        authorization: authorization(this.#token),
        accept: 'application/json',
        ...(hasBody && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(hasBody && { body: form }),
    }
    const random = this.#options.random ?? Math.random
    const answer = await sendWithRetries(() => this.#transport.send(message, signal), {
      clock: this.clock,
      signal,
      random,
      worth,
    })
    this.#learnClock(answer)
    return this.#withoutSecret(answer)
  }

  #learnClock(answer: HttpAnswer): void {
    const date = Date.parse(answer.headers['date'] ?? '')
    if (!Number.isNaN(date)) this.#clockOffset = date - this.clock.now()
  }

  async #learnOffset(): Promise<number> {
    if (this.#clockOffset === undefined) await this.get('/version', () => undefined)
    return this.#clockOffset ?? 0
  }

  /** No server can make us print the secret. */
  #withoutSecret(answer: HttpAnswer): HttpAnswer {
    if (answer.status < 300) return answer
    const hide = (text: string) => text.replaceAll(this.#token.secret, '***')
    return { ...answer, reason: hide(answer.reason), body: hide(answer.body) }
  }
}

/** Only tasks of the last minutes can be mixed up; a daemon that runs for months must not remember all. */
const REMEMBERED_TASKS = 1_000

function remember(tasks: Set<string>, upid: Upid): void {
  tasks.add(upid)
  const [oldest] = tasks
  if (tasks.size > REMEMBERED_TASKS && oldest !== undefined) tasks.delete(oldest)
}

/** Milliseconds that a change may always take: for so long Proxmox waits for the file lock of a container (PVE-FACTS 3). */
const LEAST_CHANGE = 10_000

/** Node clocks of a cluster may differ a little; the Date header, which tells us the time, is cut to the second. */
const SKEW = 1

const toSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000) - SKEW

/** `garbled`: what to throw for an answer that cannot be read, although it says that the request was carried out. */
function readAnswer<T>(
  answer: HttpAnswer,
  request: FailedRequest,
  read: (answer: Record<string, unknown>, where: string) => T,
  garbled: (error: CmuxError) => Error = (error) => error,
): T {
  if (answer.status < 200 || answer.status >= 300) throw classifyAnswer(answer, request)
  try {
    const body: unknown = JSON.parse(answer.body)
    if (!isRecord(body) || !('data' in body)) throw new WireError('it has no `data`')
    return read(body, '')
  } catch (error) {
    if (error instanceof SyntaxError) throw garbled(nonsense(request, 'it is no JSON'))
    throw error instanceof WireError ? garbled(nonsense(request, error.message)) : error
  }
}

function anySignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined)
  return given.length > 1 ? AbortSignal.any(given) : given[0]
}
