import type { CheckpointOutcome } from '../criu/checkpoint.js'
import type { Cycle, CycleTestOutcome } from '../criu/cycle-test.js'
import type { AppliedLimit } from '../criu/limits.js'
import type { RestoreOutcome } from '../criu/restore.js'
import type { NamedContainer } from '../instance/find.js'
import type { Column } from './output.js'
import { formatBytes } from './size.js'

const container = ({ vmid, name, node }: NamedContainer): string => `container ${vmid} (${name}) on node ${node}`

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`

export function checkpointText(outcome: CheckpointOutcome): string {
  const { checkpoint, manifest, status, times, pruned } = outcome
  const what = status === 'stopped' ? 'sleeps in' : 'runs on beside'
  const old = pruned.length === 0 ? '' : `; removed ${pruned.join(', ')}`
  return `${capitalised(container(outcome))} ${what} checkpoint ${checkpoint}: ${formatBytes(manifest.size)} in ${seconds(times.total)}${old}`
}

export function restoreText(outcome: RestoreOutcome): string {
  if (!outcome.restored)
    return `${capitalised(container(outcome))} runs; what an interrupted command had left is cleared away`
  const { processes, checkpoint, times } = outcome
  const back = processes.length === 0 ? '' : ` with ${processes.length} process${processes.length === 1 ? '' : 'es'}`
  return `${capitalised(container(outcome))} runs again from checkpoint ${checkpoint}${back}, in ${seconds(times.total)}`
}

/** `name  value` lines of how long a checkpoint took and what was written. */
export function statisticsText({ manifest, times }: CheckpointOutcome): readonly string[] {
  const { statistics, size, files, compression } = manifest
  const rows: (readonly [string, string])[] = [
    ['preflight', milliseconds(times.preflight)],
    ['checkpoint', milliseconds(times.checkpoint)],
    ...(statistics === undefined
      ? []
      : ([
          ['criu: freezing', milliseconds(statistics.freeze)],
          ['criu: frozen', milliseconds(statistics.frozen)],
          ['criu: dumping memory', milliseconds(statistics.dump)],
          ['criu: writing memory', milliseconds(statistics.write)],
          ['pages', `${statistics.pagesWritten} written of ${statistics.pagesScanned} looked at`],
        ] as const)),
    [
      'images',
      `${formatBytes(size)} in ${files.length} files${compression === undefined ? '' : `, compressed by ${compression}`}`,
    ],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
}

export const limitText = ({ name, wanted, actual }: AppliedLimit): string =>
  actual === wanted ? `limit ${name} = ${actual}` : `limit ${name} = ${actual ?? 'not available'}, not ${wanted}`

const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

export const cycleTestText = (outcome: CycleTestOutcome): string =>
  `Passed: ${container(outcome)} woke with its memory ${outcome.cycles.length === 1 ? 'once' : `${outcome.cycles.length} times`}`

/** Times of each stage of each cycle. */
export const CYCLE_COLUMNS: readonly Column<Cycle>[] = [
  { header: 'PREFLIGHT', value: ({ checkpoint }) => milliseconds(checkpoint.preflight), align: 'right' },
  { header: 'CHECKPOINT', value: ({ checkpoint }) => milliseconds(checkpoint.checkpoint), align: 'right' },
  { header: 'FROZEN', value: ({ statistics }) => statistics && milliseconds(statistics.frozen), align: 'right' },
  { header: 'IMAGES', value: ({ size }) => formatBytes(size), align: 'right' },
  { header: 'CHECK', value: ({ restore }) => milliseconds(restore.check), align: 'right' },
  { header: 'RESTORE', value: ({ restore }) => milliseconds(restore.restore), align: 'right' },
  { header: 'COUNTED', value: ({ counted: [before, after] }) => `${before} → ${after}`, align: 'right' },
]
