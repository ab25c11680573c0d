import { randomBytes, randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Clock, steadyClock } from '../../clock.js'
import { nodeShells } from '../../executor/open-node-shell.js'
import { createPveClient } from '../../pve/client.js'
import { createTransport } from '../../pve/transport.js'
import { requireApi } from '../../settings/require.js'
import type { Settings } from '../../settings/settings.js'
import type { VariableName } from '../../settings/variables.js'
import { createAllocator } from '../allocate/allocator.js'
import { ExecutorGuests } from '../allocate/executor-guests.js'
import { daemonSettings, loadPoolSettings } from '../load-settings.js'
import { assemblePool } from '../open-pool.js'
import { accessOf } from './access/access.js'
import { atMost } from './life/at-most.js'
import { serviceManager } from './life/service-manager.js'
import { watchedTransport } from './observe/api-calls.js'
import { createLog, type LogLevel } from './observe/log.js'
import { createMetrics } from './observe/metrics.js'
import { runDaemon } from './run.js'

export interface ServeOptions {
  readonly settings: Settings
  /** For NOTIFY_SOCKET and its like. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly version: string
  readonly logLevel: LogLevel
  /** Takes the lines of the log; absent: standard error. */
  readonly writeLog?: (line: string) => void
  readonly onListening: (url: string) => void
  /** What a place is where nothing can listen: `usage` when the command line has named it. Default: `not-configured`. */
  readonly misplaced?: 'usage'
  /** Aborted: stop, within 25 s. */
  readonly signal: AbortSignal
  readonly clock?: Clock
}

/**
 * A pool's daemon, put together from the settings, until the signal is aborted. Errors before anything is begun: `not-configured`; before
 * anything is handed out: `in-use`, `forbidden` (where it listens). That Proxmox is away is none: it is waited for.
 */
export async function servePool(options: ServeOptions): Promise<void> {
  const { settings, environment, version, signal, clock = steadyClock } = options
  const api = requireApi(settings)
  const daemon = daemonSettings(settings)
  accessOf(daemon)
  const pooled = await loadPoolSettings(settings)

  const { log, end } = createLog({
    level: options.logLevel,
    secrets: [api.token.secret, ...daemon.tokens],
    ...(options.writeLog !== undefined && { write: options.writeLog }),
  })
  const metrics = createMetrics()
  const warn = (message: string) => log.warn(message)
  const transport = watchedTransport(createTransport(api.url, api.tls), clock, (exchange) => metrics.called(exchange))
  const client = createPveClient(api, { clock, transport, onWarning: warn })
  const shells = reachesContainers(settings) ? nodeShells(client, settings, { clock, onNewHostKey: warn }) : undefined
  const pool = assemblePool(
    {
      client,
      settings: pooled,
      clock,
      random: Math.random,
      owner: `${hostname().split('.')[0]}-${randomBytes(4).toString('hex')}`,
      onLog: ({ level, message, ...fields }) => log[level](fields, message),
      ...(shells !== undefined && { guests: new ExecutorGuests((node) => shells.open(node)) }),
    },
    createAllocator,
  )
  metrics.watch(pool)
  try {
    await runDaemon({
      ...{ pool, settings: daemon, interval: pooled.interval, clock, log, metrics, version, signal },
      manager: serviceManager({ environment, pid: process.pid, onFailure: warn }),
      newRequestId: randomUUID,
      onListening: options.onListening,
      ...(options.misplaced !== undefined && { misplaced: options.misplaced }),
    })
  } finally {
    await atMost(clock, CLOSING, pool.close())
    await shells?.close()
    await client.close()
    // Nobody may be reading.
    await atMost(clock, CLOSING, end())
  }
}

/** Milliseconds for what the pool still has under way when the daemon has stopped. */
const CLOSING = 1_000

/** Said by whoever has a way into containers. That the API's host may have an sshd is no such word. */
const WAYS: readonly VariableName[] = ['PVE_EXEC_MODE', 'PVE_SSH_HOST', 'PVE_SSH_KEY']

const reachesContainers = ({ sources }: Settings): boolean => WAYS.some((name) => sources.has(name))
