import type { Burst } from '../demo/burst.js'
import type { Bursts } from '../demo/step.js'
import { formatDuration } from '../duration.js'
import type { Column } from './output.js'

/** The table at the end of the demo. */
export const BURST_COLUMNS: readonly Column<Bursts>[] = [
  { header: 'AT ONCE', value: ({ without }) => without.requests, align: 'right' },
  { header: 'WITHOUT A POOL', value: ({ without }) => burstText(without, 'clone and start') },
  { header: 'WITH A POOL OF 5', value: ({ pooled }) => pooled && burstText(pooled, 'start') },
]

function burstText({ requests, answered, fromPool, failures }: Burst, what: string): string {
  const waited = answered.slice(fromPool)
  const last = formatDuration(answered.at(-1) ?? 0)
  const got = `${answered.length} of ${requests} in ${last}`
  const heard = [...failures].map(([sentence, count]) => `; ${count} × ${proxmoxWords(sentence)}`).join('')
  if (fromPool === 0 || waited.length === 0) return `${got} (${what})${heard}`
  return `${got}: ${fromPool} in ${formatDuration(answered[fromPool - 1] ?? 0)}, ${waited.length} from the line${heard}`
}

/** Without the part that says which container it is about. */
const proxmoxWords = (sentence: string): string => sentence.slice(sentence.lastIndexOf(': ') + 1).trim()
