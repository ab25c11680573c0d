import { encodeText } from '../../../config/description.js'
import { fieldsOf, rowsOf, textOf } from '../data.js'
import type { ToolIo } from '../tool.js'
import { snapshotLines } from './snapshot-tree.js'

/** `pct list`: nothing at all without containers, else padded columns, trailing blanks kept. */
export async function containerList(data: unknown, io: ToolIo): Promise<void> {
  const rows = [...rowsOf(data)].sort((a, b) => Number(a['vmid']) - Number(b['vmid']))
  if (rows.length === 0) return
  const line = (vmid: string, status: string, lock: string, name: string) =>
    `${vmid.padEnd(10)} ${status.padEnd(10)} ${lock.padEnd(12)} ${name.padEnd(20)}\n`
  const lines = rows.map((row) =>
    line(textOf(row['vmid']), textOf(row['status']), textOf(row['lock']), textOf(row['name'])),
  )
  await io.out(line('VMID', 'Status', 'Lock', 'Name') + lines.join(''))
}

/** `pct config`: sorted lines without the digest, the description encoded, raw lxc lines last. */
export async function configLines(data: unknown, io: ToolIo): Promise<void> {
  const { digest: _digest, lxc, ...options } = fieldsOf(data)
  const lines = Object.keys(options)
    .sort()
    .map((name) => `${name}: ${shown(name, options[name])}\n`)
  const raw = Array.isArray(lxc)
    ? lxc.map((pair: unknown) => (Array.isArray(pair) ? `${textOf(pair[0])}: ${textOf(pair[1])}\n` : ''))
    : []
  await io.out([...lines, ...raw].join(''))
}

export async function pendingLines(data: unknown, io: ToolIo): Promise<void> {
  const rows = [...rowsOf(data)]
    .filter((row) => row['key'] !== 'digest')
    .sort((a, b) => (textOf(a['key']) < textOf(b['key']) ? -1 : 1))
  for (const row of rows) {
    const key = textOf(row['key'])
    const { value, pending } = row
    if (value !== undefined && row['delete'] !== undefined) await io.out(`del ${key}: ${shown(key, value)}\n`)
    else {
      if (value !== undefined) await io.out(`cur ${key}: ${shown(key, value)}\n`)
      if (pending !== undefined) await io.out(`new ${key}: ${shown(key, pending)}\n`)
    }
  }
}

export async function snapshotTree(data: unknown, io: ToolIo): Promise<void> {
  const snapshots = rowsOf(data).map((row) => ({
    name: textOf(row['name']),
    parent: row['parent'] === undefined ? undefined : textOf(row['parent']),
    time: row['snaptime'] === undefined ? undefined : Number(row['snaptime']),
    description: textOf(row['description']),
  }))
  await io.out(snapshotLines(snapshots).join(''))
}

function shown(name: string, value: unknown): string {
  return name === 'description' ? encodeText(textOf(value)) : textOf(value)
}
