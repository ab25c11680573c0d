import { type LoadReport, type Percentiles, STAGES, type Stage } from '../pool/load/report.js'
import type { Column } from './output.js'

type Row = Percentiles & { readonly stage: Stage }

export const STAGE_COLUMNS: readonly Column<Row>[] = [
  { header: 'STAGE', value: ({ stage }) => stage },
  ...(['p50', 'p95', 'p99', 'max'] as const).map((name) => ({
    header: `${name.toUpperCase()} MS`,
    value: (row: Row) => row[name].toFixed(1),
    align: 'right' as const,
  })),
]

export const stageRows = ({ stages }: LoadReport): readonly Row[] =>
  STAGES.map((stage) => ({ stage, ...stages[stage] }))

/** `48 of 50 answered, 96 % of them from the pool (40 % hot); 2 exhausted` */
export function loadText({ requests, succeeded, hitRate, hotRate, failed }: LoadReport): string {
  const failures = Object.entries(failed).map(([code, count]) => `; ${count} ${code}`)
  const hot = hotRate > 0 ? ` (${percent(hotRate)} hot)` : ''
  return `${succeeded} of ${requests} answered, ${percent(hitRate)} of them from the pool${hot}${failures.join('')}`
}

const percent = (share: number): string => `${Math.round(share * 100)} %`
