import type { Clock } from '../clock.js'
import { CmuxError, isCmuxError } from '../errors.js'

/**
 * What a look at the cluster says about a change whose answer was lost:
 * - `done`: it was carried out; `value` is what the lost answer would have said
 * - `nothing`: nothing shows it (yet)
 * - `undecided`: something is under way that may be ours: look again until it ends
 * - `failed`: it, or an attempt like it, began and was undone: nothing is left of it
 * A look may also throw: then somebody else's deed stands in the way.
 */
export type Finding<T> =
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'nothing' | 'undecided' | 'failed' }

export const NOTHING: Finding<never> = { state: 'nothing' }
export const UNDECIDED: Finding<never> = { state: 'undecided' }
export const FAILED: Finding<never> = { state: 'failed' }
export const done = <T>(value: T): Finding<T> => ({ state: 'done', value })

/** How to find out about a change. */
export interface Effect<T> {
  look(lost: LostCall): Promise<Finding<T>>
  /** Whether sending it twice can do no harm, even if the first one is carried out late. */
  readonly repeatable: boolean
  /** All attempts name the state that they start from, and leave another one: at most one of them can be carried out, so a second need not wait. */
  readonly bound?: boolean
}

/** The call whose answer was lost. */
export interface LostCall {
  /** Seconds since the epoch by the node's clock: our task cannot be older. */
  readonly since: number
}

/** The call may have been carried out, but its answer did not arrive, or says nothing. */
export class LostAnswer extends Error {
  override readonly name = 'LostAnswer'
  readonly error: CmuxError

  static of(this: void, error: CmuxError): LostAnswer {
    return new LostAnswer(error)
  }

  constructor(error: CmuxError) {
    super(error.message, { cause: error })
    this.error = error
  }
}

export interface SettleOptions<T> {
  /** Sends the change. Rejects with LostAnswer when it may have been carried out all the same. */
  readonly send: () => Promise<T>
  readonly effect: Effect<T>
  /** Made right before the change is sent the first time. */
  readonly lost: () => Promise<LostCall>
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Aborted with a `timeout` when the caller has no more time: then one look is all, and nothing is sent again. */
  readonly limit?: AbortSignal
}

/**
 * A call answered 596 may be carried out afterwards (PVE-FACTS 9), for example when it gets the container's file lock, for
 * which it waits up to 10 s (PVE-FACTS 3).
 */
const PATIENCE = 15_000
/** For something under way: the longest that a create or clone may take. */
const LONG_PATIENCE = 60 * 60_000
const LONGEST_PAUSE = 2_000

/**
 * Sends a change. If its answer gets lost, it is never guessed at: look for the effect, and only where that shows nothing
 * and a second one can do no harm, send once more; one that is bound to what it starts from is sent until an answer comes. Throws `unavailable`, with what is known, when nothing can be found.
 */
export async function settle<T>(options: SettleOptions<T>): Promise<T> {
  const first = await attempt(options)
  if (!(first instanceof LostAnswer)) return first.value
  if (options.effect.bound) return sendUntilKnown(options, first)
  const finding = await lookUntilKnown(options)
  if (finding.state === 'done') return finding.value
  if (!options.effect.repeatable || options.limit?.aborted === true) throw unknownOutcome(first, finding, options)
  return sendAgain(options, first)
}

async function attempt<T>({ send }: SettleOptions<T>): Promise<{ readonly value: T } | LostAnswer> {
  try {
    return { value: await send() }
  } catch (error) {
    if (error instanceof LostAnswer) return error
    throw error
  }
}

/** For a change that is bound to what it starts from. One that is refused shows that none can be carried out any more, if somebody else changed that. */
async function sendUntilKnown<T>(options: SettleOptions<T>, first: LostAnswer): Promise<T> {
  const patience = new Patience(options)
  for (;;) {
    const finding = await lookOnce(options)
    if (finding.state === 'done') return finding.value
    if (options.limit?.aborted === true) throw unknownOutcome(first, finding, options)
    try {
      const next = await attempt(options)
      if (!(next instanceof LostAnswer)) return next.value
    } catch (error) {
      if (!isCmuxError(error, 'unavailable', 'timeout')) return afterRefusal(options, error)
    }
    if (!(await patience.pause(PATIENCE))) throw unknownOutcome(first, finding, options)
  }
}

async function afterRefusal<T>(options: SettleOptions<T>, refusal: unknown): Promise<T> {
  const isSettled = isCmuxError(refusal, 'changed')
  const finding = isSettled ? await lookOnce(options) : await lookUntilKnown(options)
  if (finding.state === 'done') return finding.value
  throw refusal
}

/** If the second one is refused, or lost too, that may be because the first one was carried out after all. */
async function sendAgain<T>(options: SettleOptions<T>, first: LostAnswer): Promise<T> {
  try {
    return await options.send()
  } catch (error) {
    const wasRefused = !(error instanceof LostAnswer) && !isCmuxError(error, 'unavailable', 'timeout')
    const once = wasRefused ? await lookOnce(options) : undefined
    const finding = once === undefined || once.state === 'undecided' ? await lookUntilKnown(options) : once
    if (finding.state === 'done') return finding.value
    throw wasRefused ? error : unknownOutcome(first, finding, options)
  }
}

/** `nothing`, but not even that is sure. */
interface Unknown {
  readonly state: 'unknown'
}

async function lookUntilKnown<T>(options: SettleOptions<T>): Promise<Finding<T> | Unknown> {
  const patience = new Patience(options)
  for (;;) {
    const seen = await lookOnce(options)
    if (seen.state === 'done' || seen.state === 'failed') return seen
    if (!(await patience.pause(seen.state === 'undecided' ? LONG_PATIENCE : PATIENCE))) return seen
  }
}

/** Growing pauses, until it has been too long. */
class Patience {
  readonly #clock: Clock
  readonly #signal: AbortSignal | undefined
  readonly #limit: AbortSignal | undefined
  readonly #began: number
  #pause = 100
  #slept = 0

  constructor({ clock, signal, limit }: Pick<SettleOptions<unknown>, 'clock' | 'signal' | 'limit'>) {
    this.#clock = clock
    this.#signal = signal
    this.#limit = limit
    this.#began = clock.now()
  }

  /** False, at once: `limit` milliseconds are over, or the caller has no more time. */
  async pause(limit: number): Promise<boolean> {
    if (this.#limit?.aborted === true) return false
    const passed = this.#clock.now() - this.#began
    // What was slept counts in any case: a machine's clock that is put back must not make this an hour.
    if (Math.max(this.#slept, passed) + this.#pause > limit) return false
    await this.#clock.sleep(this.#pause, this.#signal)
    this.#slept += this.#pause
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
    return true
  }
}

/** A look that gets no answer, or a refusal, says nothing. */
async function lookOnce<T>({ effect, lost, signal }: SettleOptions<T>): Promise<Finding<T> | Unknown> {
  try {
    return await effect.look(await lost())
  } catch (error) {
    signal?.throwIfAborted()
    if (isCmuxError(error) && !(error instanceof StandsInTheWay)) return { state: 'unknown' }
    throw error
  }
}

/** What a look found that is not ours, or cannot be told from ours. */
export class StandsInTheWay extends CmuxError {}

function unknownOutcome<T>(
  { error }: LostAnswer,
  seen: Finding<T> | Unknown,
  { limit }: Pick<SettleOptions<T>, 'limit'>,
): CmuxError {
  const known =
    seen.state === 'unknown'
      ? 'whether it was carried out could not be found out'
      : `nothing showed ${limit?.aborted === true ? 'by then' : `within ${PATIENCE / 1000} s`} that it was carried out; it may still be`
  return new CmuxError(limit?.aborted === true ? 'timeout' : 'unavailable', `${error.message}; ${known}`, {
    hint: 'Look at the container and at the task list of the node before you try again.',
    cause: error,
  })
}
