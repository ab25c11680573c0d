import type { Clock } from '../../clock.js'
import { type ErrorCode, isCmuxError } from '../../errors.js'
import type { Vmid } from '../../pve/client.js'
import type { PoolClient } from '../client.js'
import type { Allocation } from '../pool.js'
import type { Arrivals } from './arrivals.js'

export interface LoadOptions {
  readonly template: number
  readonly arrivals: Arrivals
  readonly start: boolean
  /** Milliseconds that a container is kept before it is given back. */
  readonly hold: number
  /** Milliseconds that a request waits in line. */
  readonly timeout: number
  readonly clock: Clock
  /** Ends the load: no more requests, and what was handed out is given back. */
  readonly signal: AbortSignal
  readonly onSample?: (sample: Sample) => void
}

/** How one request went. Times in milliseconds, from the moment at which it was due. */
export type Sample =
  | ({ readonly ok: true; readonly total: number } & Pick<Allocation, 'fromPool' | 'tier' | 'stages'>)
  | { readonly ok: false; readonly total: number; readonly code: ErrorCode }

/** Puts a load on a pool and gives back everything that it was handed, also when it is interrupted. */
export async function runLoad(
  pool: Pick<PoolClient, 'allocate' | 'release'>,
  options: LoadOptions,
): Promise<readonly Sample[]> {
  const { arrivals, clock, signal } = options
  const began = clock.now()
  const samples = await Promise.allSettled(arrivals.map((at) => oneRequest(pool, options, began + at)))
  signal.throwIfAborted()
  return samples.map((sample) => {
    if (sample.status === 'rejected') throw sample.reason
    return sample.value
  })
}

async function oneRequest(
  pool: Pick<PoolClient, 'allocate' | 'release'>,
  { template, start, hold, timeout, clock, signal, onSample }: LoadOptions,
  due: number,
): Promise<Sample> {
  if (due > clock.now()) await clock.sleep(due - clock.now(), signal)
  let taken: Vmid | undefined
  try {
    const { vmid, fromPool, tier, stages } = await pool.allocate(template, { start, timeout, signal })
    taken = vmid
    const sample: Sample = { ok: true, total: clock.now() - due, fromPool, tier, stages }
    onSample?.(sample)
    if (hold > 0) await clock.sleep(hold, signal)
    return sample
  } catch (error) {
    if (!isCmuxError(error) || error.code === 'interrupted') throw error
    const sample: Sample = { ok: false, total: clock.now() - due, code: error.code }
    onSample?.(sample)
    return sample
  } finally {
    if (taken !== undefined) await pool.release(taken)
  }
}
