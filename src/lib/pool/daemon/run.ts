import type { FastifyBaseLogger } from 'fastify'
import type { Clock } from '../../clock.js'
import { CmuxError, type ErrorCode } from '../../errors.js'
import type { RunningPool } from '../open-pool.js'
import type { Pool } from '../pool.js'
import type { DaemonSettings } from '../settings.js'
import { accessOf } from './access/access.js'
import type { HttpLimits } from './http/limits.js'
import type { RequestIds } from './http/request-id.js'
import { atMost } from './life/at-most.js'
import type { ServiceManager } from './life/service-manager.js'
import { Shift } from './life/shift.js'
import { feedWatchdog } from './life/watchdog.js'
import { listen } from './listen.js'
import { logEvents } from './observe/log-events.js'
import type { Metrics } from './observe/metrics.js'
import { createService } from './service.js'

export interface DaemonOptions {
  readonly pool: Pick<RunningPool, 'run'> & Pool
  readonly settings: DaemonSettings
  /** Milliseconds between two rounds of the controller. */
  readonly interval: number
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly metrics: Metrics
  readonly manager: ServiceManager | undefined
  readonly version: string
  readonly newRequestId: RequestIds
  /** Told the URL once requests are taken. */
  readonly onListening: (url: string) => void
  /** Aborted: stop. */
  readonly signal: AbortSignal
  readonly limits?: Partial<HttpLimits>
  /** See `listen`. */
  readonly misplaced?: ErrorCode
}

/** Milliseconds after the order to stop: for allocates to come to their end, and for what was abandoned then. Together below systemd's patience. */
const FINISH = 18_000
const ABANDON = 2_000

/** A controller that did not come round for so many intervals, and for so many milliseconds, hangs. */
const ROUNDS = 4
const LONGEST_ROUND = 120_000

/**
 * The daemon's life. It listens at once (and is not ready before the cluster was observed); when the signal comes, it takes no new allocates, lets
 * the running ones end, and leaves within 24 s. What is claimed stays claimed. Rejects when the controller ends by itself.
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  const { pool, settings, clock, log, metrics, manager, version, newRequestId, limits, signal } = options
  const access = accessOf(settings)
  const shift = new Shift()
  const service = { pool, access, shift, metrics, clock, log, newRequestId, version, ...(limits && { limits }) }
  const app = await createService(service)
  const forgetEvents = logEvents(pool, log)
  const over = new AbortController()
  let listens = false
  try {
    const url = await listen(app, settings.listen, options.misplaced)
    listens = true
    const controller = pool
      .run(over.signal)
      .then(
        () => over.signal.aborted || Promise.reject(new CmuxError('internal', 'The controller has ended by itself')),
      )
    log.info({ url, access: access.kind, version }, 'listening')
    options.onListening(url)
    await manager?.ready(`Listening on ${url}`)
    const longest = Math.max(LONGEST_ROUND, ROUNDS * options.interval)
    const isAlive = pulse(() => pool.status().roundAt, clock, longest)
    const watchdog = manager && feedWatchdog(manager, { clock, isAlive, signal: over.signal })

    await Promise.race([controller, aborted(signal)])
    log.info({ allocates: shift.running }, 'stopping')
    shift.end()
    await Promise.all([manager?.stopping(), finish(shift, clock)])
    over.abort()
    await atMost(clock, ABANDON, Promise.allSettled([controller, watchdog]))
  } finally {
    over.abort()
    forgetEvents()
    await close(app)
    if (listens) log.info('stopped')
  }
}

/** Those who wait may get theirs yet; then they are told to ask elsewhere, and what they had is undone or found again by the next daemon. */
async function finish(shift: Shift, clock: Clock): Promise<void> {
  await atMost(clock, FINISH, shift.idle())
  if (shift.running === 0) return
  shift.abandon()
  await atMost(clock, ABANDON, shift.idle())
}

/** Answers that are on their way are sent; who dribbles a request is cut off. */
async function close(app: Awaited<ReturnType<typeof createService>>): Promise<void> {
  const closed = app.close()
  app.server.closeIdleConnections()
  const cut = setTimeout(() => app.server.closeAllConnections(), 500)
  await closed
  clearTimeout(cut)
}

/** Whether `beat` has changed within `longest` milliseconds. What it says is not looked at: it may go by another clock. */
function pulse(beat: () => number | undefined, clock: Clock, longest: number): () => boolean {
  let last = beat()
  let changed = clock.now()
  return () => {
    const now = beat()
    if (now !== last) [last, changed] = [now, clock.now()]
    return clock.now() - changed < longest
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
