import type { IncomingMessage } from 'node:http'
import { after, type Clock } from '../clock.js'
import { CmuxError, isCmuxError } from '../errors.js'
import type { PoolEvent } from './pool.js'
import { serverSentEvents } from './server-sent-events.js'
import { readEvent } from './wire/read-event.js'

/** Milliseconds without a word after which the connection counts as lost: the daemon gives a sign of life every 15 s. */
const SILENCE = 45_000

export interface EventStreamOptions {
  readonly answer: IncomingMessage
  readonly clock: Clock
  /** Words for messages: where the daemon is. */
  readonly place: string
  /** Ends it, with its reason as the error. */
  readonly signal: AbortSignal
}

/**
 * The events of an open stream, one after the other; they wait in the connection while nobody asks for the next. Ends when the daemon ends it, which it
 * does when it is stopped. Errors: `unavailable` when the connection is lost, or silent for 45 s; the signal's reason.
 */
export class EventStream implements AsyncIterableIterator<PoolEvent> {
  readonly #options: EventStreamOptions
  readonly #events: AsyncGenerator<PoolEvent>

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#events = this.#read()
    // Nobody may be iterating when the connection goes.
    options.answer.on('error', () => undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<PoolEvent>> {
    return this.#events.next()
  }

  /** Ends the connection: what `break` does in a `for await`. */
  async return(): Promise<IteratorResult<PoolEvent>> {
    this.#options.answer.destroy()
    return this.#events.return(undefined)
  }

  async *#read(): AsyncGenerator<PoolEvent> {
    const { answer, place, signal } = this.#options
    try {
      for await (const { event, data } of serverSentEvents(this.#texts())) {
        const known = readEvent(event, JSON.parse(data))
        if (known !== undefined) yield known
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (isCmuxError(error)) throw error
      const why = error instanceof Error ? error.message : String(error)
      throw new CmuxError('unavailable', `The events of the pool at ${place} have broken off: ${why}`, {
        hint: 'Listen again, and ask for the status then: what happened meanwhile is not told.',
        cause: error,
      })
    } finally {
      answer.destroy()
    }
    signal.throwIfAborted()
  }

  async *#texts(): AsyncGenerator<string> {
    const { answer, clock } = this.#options
    const watch = () =>
      after(clock, SILENCE, () => answer.destroy(new Error(`nothing was heard for ${SILENCE / 1000} s`)))
    let heard = watch()
    try {
      for await (const text of answer.setEncoding('utf8')) {
        heard()
        yield String(text)
        heard = watch()
      }
    } finally {
      heard()
    }
  }
}
