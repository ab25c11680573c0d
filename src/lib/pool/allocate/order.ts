import type { Clock } from '../../clock.js'
import type { AllocateRequest, Caller } from '../pool.js'

/** A request that is being worked on. */
export interface Order extends AllocateRequest {
  readonly instanceId: string
  /** The instance id was made here: nobody else can have asked for it. */
  readonly generated: boolean
  readonly caller: Caller
  /** Milliseconds since the epoch: until when the caller waits. */
  readonly deadline: number
  /** Aborted when the caller leaves, the deadline is over or the pool closes. */
  readonly signal: AbortSignal
}

/** What `promise` comes to; rejects with the signal's reason as soon as it is aborted. Nothing stays behind. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let onAbort: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** What `promise` comes to within `limit` milliseconds; undefined: it fails, or takes longer. */
export async function orLate<T>(promise: Promise<T>, clock: Clock, limit: number): Promise<T | undefined> {
  const done = new AbortController()
  const late = clock.sleep(Math.max(0, limit), done.signal)
  try {
    return await Promise.race([promise.catch(() => undefined), late.then(() => undefined).catch(() => undefined)])
  } finally {
    done.abort()
  }
}
