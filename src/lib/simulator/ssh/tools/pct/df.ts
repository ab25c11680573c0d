import { checkLock } from '../../../config/lock.js'
import { mountPoints } from '../../../config/volumes.js'
import type { SubCommand } from '../command-table.js'
import { configOf, vmidOf } from './container.js'

const DEFAULT_SIZE = 4 * 1024 ** 3
/** What a file system of ext4 keeps for itself. */
const OVERHEAD = 0.975
/** What is used in a container that is mounted just for this. */
const EMPTY_USED = 64 * 1024 ** 2

/** `pct df` (PVE-FACTS 7.2). */
export const df: SubCommand = {
  name: 'df',
  args: ['vmid'],
  options: () => ({}),
  async run({ vmid: text }, io) {
    const vmid = vmidOf(text)
    const config = configOf(vmid, io)
    const points = mountPoints(config.options)
    const running = io.node.monitor.isRunning(vmid) && io.cluster.guests.isRunning(vmid)
    if (!running) checkLock(config)
    const rows = points.map(({ name, volume, size = DEFAULT_SIZE, mp }) => {
      const total = Math.floor(size * OVERHEAD)
      const used = name === 'rootfs' && running ? io.cluster.guests.usage(vmid).disk : EMPTY_USED
      return [
        name,
        volume,
        humanSize(total),
        humanSize(used),
        humanSize(total - used),
        ((used / total) * 100).toFixed(1),
        mp,
      ]
    })
    await io.out(table([['MP', 'Volume', 'Size', 'Used', 'Avail', 'Use%', 'Path'], ...rows]))
    return 0
  },
}

/** First two columns and the last to the left, the numbers between to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0
          if (column === row.length - 1) return cell
          return column < 2 ? cell.padEnd(width) : cell.padStart(width)
        })
        .join(' '),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** One decimal and the unit; bytes below 1K plain. */
function humanSize(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return unit === 0 ? String(value) : `${value.toFixed(1)}${units[unit]}`
}
