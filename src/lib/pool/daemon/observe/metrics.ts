import { Counter, Histogram, Registry } from 'prom-client'
import type { Pool, PoolEvent } from '../../pool.js'
import type { Exchange } from './api-calls.js'
import { poolGauges } from './pool-gauges.js'
import { processGauges } from './process-gauges.js'

export interface Metrics {
  /** Reads its sizes from this pool, and hears of what happens in it. */
  watch(pool: Pool): void
  readonly contentType: string
  text(): Promise<string>
  /** An HTTP request was answered. */
  answered(labels: { method: string; route: string; status: number }, seconds: number): void
  /** Proxmox was called. */
  called(exchange: Exchange): void
}

/** Seconds: a claim is one write of some milliseconds, a fill may copy a disk. */
const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120]
const SLOW = [0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600]

/** What Prometheus is told, in a registry of its own. Sizes are read when they are asked for; what happens is counted as it happens. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  const registers = [registry]
  processGauges(registers)

  const allocates = new Histogram({
    name: 'cmux_pool_allocate_seconds',
    help: 'Time of an allocate that succeeded, by stage',
    labelNames: ['stage', 'source'],
    buckets: QUICK,
    registers,
  })
  const fills = new Histogram({
    name: 'cmux_pool_fill_seconds',
    help: 'Time from the clone call until the container was ready',
    labelNames: ['template'],
    buckets: SLOW,
    registers,
  })
  const changes = new Counter({
    name: 'cmux_pool_changes_total',
    help: 'Containers that came into a state',
    labelNames: ['template', 'state'],
    registers,
  })
  const locks = new Counter({
    name: 'cmux_pool_locks_met_total',
    help: 'Times that a container was locked by something else, by the word of the lock',
    labelNames: ['word'],
    registers,
  })
  const retries = new Counter({
    name: 'cmux_pool_retries_total',
    help: 'Things done again after a failure',
    labelNames: ['what'],
    registers,
  })
  const calls = new Histogram({
    name: 'cmux_pool_api_call_seconds',
    help: 'Calls to Proxmox, by what was called and how it ended',
    labelNames: ['call', 'outcome'],
    buckets: QUICK,
    registers,
  })
  const requests = new Histogram({
    name: 'cmux_pool_http_request_seconds',
    help: 'HTTP requests answered',
    labelNames: ['method', 'route', 'status'],
    buckets: QUICK,
    registers,
  })

  const hear = (event: PoolEvent): void => {
    switch (event.kind) {
      case 'allocated': {
        const { stages, fromPool } = event.allocation
        const source = fromPool ? 'pool' : 'made'
        for (const [stage, milliseconds] of Object.entries(stages)) {
          allocates.observe({ stage, source }, milliseconds / 1000)
        }
        const whole = Object.values(stages).reduce((sum, milliseconds) => sum + milliseconds, 0)
        allocates.observe({ stage: 'whole', source }, whole / 1000)
        break
      }
      case 'filled':
        fills.observe({ template: event.template }, event.milliseconds / 1000)
        break
      case 'state':
        changes.inc({ template: event.template, state: event.to })
        break
      case 'lock-met':
        locks.inc({ word: event.word })
        break
      case 'retry':
        retries.inc({ what: withoutNumbers(event.what) })
        break
      case 'alarm':
        break
    }
  }

  return {
    watch(pool) {
      poolGauges(pool, registers)
      pool.onEvent(hear)
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
    answered: (labels, seconds) => requests.observe(labels, seconds),
    called: ({ call, outcome, milliseconds }) => calls.observe({ call, outcome }, milliseconds / 1000),
  }
}

/** A series for each VMID would never end. */
const withoutNumbers = (text: string): string => text.replace(/\d+/g, 'N').slice(0, 60)
