import { afterEach } from 'vitest'
import { type Clock, systemClock } from '../../../../src/lib/clock.js'
import { accessOf } from '../../../../src/lib/pool/daemon/access/access.js'
import type { HttpLimits } from '../../../../src/lib/pool/daemon/http/limits.js'
import { Shift } from '../../../../src/lib/pool/daemon/life/shift.js'
import { listen } from '../../../../src/lib/pool/daemon/listen.js'
import { createLog } from '../../../../src/lib/pool/daemon/observe/log.js'
import { createMetrics } from '../../../../src/lib/pool/daemon/observe/metrics.js'
import { createService } from '../../../../src/lib/pool/daemon/service.js'
import type { DaemonSettings } from '../../../../src/lib/pool/settings.js'
import { FakePool } from './fake-pool.js'

export interface ServiceBench {
  readonly url: string
  readonly port: number
  readonly pool: FakePool
  readonly shift: Shift
  /** Every line that was logged. */
  readonly lines: string[]
  /** Status, headers and JSON (or text) of one request. */
  ask(path: string, options?: AskOptions): Promise<Answered>
}

export interface AskOptions {
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

export interface BenchOptions {
  readonly settings?: Partial<DaemonSettings>
  readonly limits?: Partial<HttpLimits>
  readonly clock?: Clock
  readonly secrets?: readonly string[]
}

/** The service on a real socket in front of a fake pool. Everything is closed after the test. */
export function serviceBench(): (options?: BenchOptions) => Promise<ServiceBench> {
  const closers: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
  })
  return async ({ settings = {}, limits = {}, clock = systemClock, secrets = [] } = {}) => {
    const daemon: DaemonSettings = { listen: { host: '127.0.0.1', port: 0 }, tokens: [], ...settings }
    const pool = new FakePool()
    const shift = new Shift()
    const metrics = createMetrics()
    metrics.watch(pool)
    const lines: string[] = []
    const { log } = createLog({ level: 'debug', secrets, write: (line) => void lines.push(line) })
    let count = 0
    const app = await createService({
      pool,
      access: accessOf(daemon),
      shift,
      metrics,
      clock,
      log,
      newRequestId: () => `request-${++count}`,
      version: '0.0.0',
      limits,
    })
    const url = await listen(app, daemon.listen)
    closers.push(() => {
      const closed = app.close()
      app.server.closeAllConnections()
      return closed
    })
    const ask = async (path: string, { method = 'GET', body, headers = {} }: AskOptions = {}): Promise<Answered> => {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      const json = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : undefined
      return { status: response.status, headers: response.headers, text, json }
    }
    return { url, port: url.startsWith('http') ? Number(new URL(url).port) : 0, pool, shift, lines, ask }
  }
}
