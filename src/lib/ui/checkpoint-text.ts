import type { InspectOutcome } from '../criu/inspect.js'
import type { ListedCheckpoint } from '../criu/list.js'
import { processLines } from '../criu/process-lines.js'
import { formatDuration } from '../duration.js'
import type { Column } from './output.js'
import { formatBytes } from './size.js'

/** The columns of `criu list`. `now` in milliseconds since the epoch. */
export const checkpointColumns = (now: number): readonly Column<ListedCheckpoint>[] => [
  { header: 'VMID', value: ({ vmid }) => vmid, align: 'right' },
  { header: 'NAME', value: ({ name }) => name },
  { header: 'NODE', value: ({ node }) => node },
  { header: 'CHECKPOINT', value: ({ checkpoint }) => checkpoint },
  {
    header: 'AGE',
    value: ({ created }) => (created === undefined ? undefined : formatAge(now / 1000 - created)),
    align: 'right',
  },
  { header: 'SIZE', value: ({ bytes }) => formatBytes(bytes), align: 'right' },
  { header: 'STATE', value: stateText },
]

function stateText({ state, stale, container, vmid }: ListedCheckpoint): string {
  switch (state) {
    case 'asleep':
      return 'the container sleeps in it'
    case 'ready':
      return 'can be restored'
    case 'stale':
      return `stale: ${stale.map(({ id }) => id).join(', ')}`
    case 'busy':
      return 'a command is at work on it'
    case 'interrupted':
      return `interrupted: \`criu restore ${vmid}\` settles it`
    case 'damaged':
      return 'damaged'
    case 'elsewhere':
      return `the container is on ${container?.node ?? 'another node'}`
    case 'orphaned':
      return 'no such container can be seen'
  }
}

/** One checkpoint as `name  value` lines, with its process tree. */
export function inspectText(outcome: InspectOutcome): readonly string[] {
  const { vmid, name, node, checkpoint, status, asleep, state, bytes, age, manifest, stale, damaged } = outcome
  const rows: (readonly [string, string])[] = [
    ['checkpoint', checkpoint],
    ['container', `${vmid} (${name}) on node ${node}, ${asleep ? 'asleep in it' : status}`],
    ['state', state],
    ...(age === undefined ? [] : [['age', formatAge(age)] as const]),
    ['size', `${formatBytes(bytes)} on disk`],
  ]
  if (manifest !== undefined) {
    const { versions, files, size, compression, statistics, processes } = manifest
    rows.push(
      ['images', `${files.length} files, ${formatBytes(size)}${compression === undefined ? '' : `, ${compression}`}`],
      ['made with', `criu ${versions.criu ?? '?'}, LXC ${versions.lxc ?? '?'}, Linux ${versions.kernel}`],
      ...(statistics === undefined
        ? []
        : [['memory', `${statistics.pagesWritten} pages, frozen for ${Math.round(statistics.frozen)} ms`] as const]),
    )
    rows.push(['restorable', stale.length === 0 && (damaged ?? []).length === 0 ? 'yes, as far as can be told' : 'no'])
    for (const { what } of stale) rows.push(['', what])
    if (damaged !== undefined && damaged.length > 0) rows.push(['damaged', damaged.join(', ')])
    if (damaged === undefined) rows.push(['', 'The images were not compared with their sums, as the container runs'])
    rows.push(['processes', String(processes.length)])
    for (const line of processLines(processes)) rows.push(['', line])
  }
  const width = Math.max(...rows.map(([label]) => label.length))
  return rows.map(([label, value]) => `${label.padEnd(width)}  ${value}`)
}

const DAY = 86_400

const formatAge = (seconds: number): string =>
  seconds >= 2 * DAY ? `${Math.floor(seconds / DAY)} days` : formatDuration(Math.max(0, Math.round(seconds)) * 1000)
