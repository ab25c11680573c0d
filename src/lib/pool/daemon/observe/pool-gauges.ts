import { Gauge, type Registry } from 'prom-client'
import type { Pool, TemplateStatus } from '../../pool.js'

type Row = readonly [labels: Record<string, string | number>, value: number]

/** The pool as it is at the moment of asking. */
export function poolGauges(pool: Pool, registers: Registry[]): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], rows: () => readonly Row[]) =>
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers,
      collect() {
        this.reset()
        for (const [labels, value] of rows()) this.set(labels, value)
      },
    })
  const perTemplate = (rows: (status: TemplateStatus) => readonly Row[]) => () =>
    pool
      .status()
      .templates.flatMap((status) =>
        rows(status).map(([labels, value]): Row => [{ template: status.template, ...labels }, value]),
      )

  gauge(
    'cmux_pool_containers',
    'Containers by state',
    ['template', 'state'],
    perTemplate(({ filling, ready, claimed, releasing, quarantined }) =>
      Object.entries({ filling, ready, claimed, releasing, quarantined }).map(
        ([state, count]): Row => [{ state }, count],
      ),
    ),
  )
  gauge(
    'cmux_pool_hot_containers',
    'Ready containers that run',
    ['template'],
    perTemplate(({ hot }) => [[{}, hot]]),
  )
  gauge(
    'cmux_pool_size',
    'How many there shall be: ready ones at least, ready ones, all',
    ['template', 'bound'],
    perTemplate(({ min, target, max }) =>
      Object.entries({ min, target, max }).map(([bound, count]): Row => [{ bound }, count]),
    ),
  )
  gauge(
    'cmux_pool_breaker_open',
    '1 while containers of the template fail again and again',
    ['template'],
    perTemplate(({ breaker }) => [[{}, breaker === 'open' ? 1 : 0]]),
  )
  gauge('cmux_pool_waiting', 'Allocates that wait in line', [], () => [[{}, pool.status().waiting]])
  gauge('cmux_pool_cluster_reachable', '1 while Proxmox can be reached', [], () => [
    [{}, pool.status().cluster.reachable ? 1 : 0],
  ])
  gauge('cmux_pool_cluster_quorate', '1 while the cluster has quorum', [], () => [
    [{}, pool.status().cluster.quorate ? 1 : 0],
  ])
  gauge('cmux_pool_observed_timestamp_seconds', 'When the cluster was last observed as a whole', [], () => {
    const { observedAt } = pool.status()
    return observedAt === undefined ? [] : [[{}, observedAt]]
  })
  gauge('cmux_pool_alarms', 'What an operator should look at', ['kind'], () => {
    const counts = new Map<string, number>()
    for (const { kind } of pool.status().alarms) counts.set(kind, (counts.get(kind) ?? 0) + 1)
    return [...counts].map(([kind, count]): Row => [{ kind }, count])
  })
}
