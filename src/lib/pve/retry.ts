import type { Clock } from '../clock.js'
import { isGatewayFailure, neverPassed } from './errors.js'
import type { HttpAnswer } from './transport.js'
import { TransportError } from './transport-error.js'

/** A failure that took longer than this would take as long again: it is reported, not repeated. */
const QUICK = 5_000
const RETRIES = 2
const FIRST_DELAY = 150

export interface RetryOptions {
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** 0 <= n < 1 */
  readonly random: () => number
  /** Whether to try again after this failure to get an answer, or this answer. */
  readonly worth: (outcome: HttpAnswer | TransportError) => boolean
}

/** For reads: any quick failure of the connection or of a gateway. */
export const readMayRepeat = (outcome: HttpAnswer | TransportError): boolean =>
  outcome instanceof TransportError
    ? outcome.failure === 'unreachable' || outcome.failure === 'lost'
    : isGatewayFailure(outcome.status)

/** For changes: only when the request did not reach the node that would have done the work. */
export const changeMayRepeat = (outcome: HttpAnswer | TransportError): boolean =>
  outcome instanceof TransportError ? outcome.failure === 'unreachable' && !outcome.sent : neverPassed(outcome.status)

/** Sends, and sends again (twice at most, with growing, jittered pauses) after quick failures that are worth it. */
export async function sendWithRetries(send: () => Promise<HttpAnswer>, options: RetryOptions): Promise<HttpAnswer> {
  const { clock, signal, random, worth } = options
  const attempt = async (): Promise<{ outcome: HttpAnswer | TransportError; again: boolean }> => {
    const began = clock.now()
    const outcome = await send().catch((error: unknown) => {
      if (error instanceof TransportError) return error
      throw error
    })
    return { outcome, again: worth(outcome) && clock.now() - began < QUICK }
  }
  let { outcome, again } = await attempt()
  if (again) {
    // Loaded only now: the usual command never needs it.
    const { default: pRetry } = await import('p-retry')
    const repeat = async (count: number) => {
      await clock.sleep(FIRST_DELAY * 2 ** (count - 1) * (1 + random()), signal)
      const next = await attempt()
      outcome = next.outcome
      if (next.again) throw new RepeatableFailure()
    }
    await pRetry(repeat, {
      retries: RETRIES - 1,
      minTimeout: 0,
      maxTimeout: 0,
      shouldRetry: ({ error }) => error instanceof RepeatableFailure,
    }).catch((error: unknown) => {
      if (!(error instanceof RepeatableFailure)) throw error
    })
  }
  if (outcome instanceof TransportError) throw outcome
  return outcome
}

class RepeatableFailure extends Error {}
