import { parameterError } from '../../api/api-error.js'
import { type CommandTable, checkOptions, runCommand } from './command-table.js'
import { rowsOf, textOf } from './data.js'
import type { NodeTool, ToolIo } from './tool.js'

const TEXT = { type: 'string', optional: true } as const
const FLAG = { type: 'boolean', optional: true } as const

/** `pvesm`: status, list, path, alloc, free (PVE-FACTS 7.5). */
export const pvesm: NodeTool = (argv, io) => runCommand(TABLE, argv, io)

const TABLE: CommandTable = {
  tool: 'pvesm',
  groups: [
    [
      {
        name: 'alloc',
        args: ['storage', 'vmid', 'filename', 'size'],
        options: () => ({ format: TEXT }),
        run: (parameters, io) => alloc(parameters, io),
      },
      {
        name: 'free',
        args: ['volume'],
        options: () => ({ storage: TEXT }),
        run: (parameters, io) => free(parameters, io),
      },
      {
        name: 'list',
        args: ['storage'],
        options: () => ({ vmid: { type: 'integer', optional: true }, content: TEXT }),
        run: (parameters, io) => list(parameters, io),
      },
      { name: 'path', args: ['volume'], options: () => ({}), run: (parameters, io) => path(parameters, io) },
      {
        name: 'status',
        args: [],
        options: () => ({ storage: TEXT, content: TEXT, enabled: FLAG, target: TEXT }),
        run: (parameters, io) => status(parameters, io),
      },
    ],
  ],
}

type Given = Readonly<Record<string, string | readonly string[]>>

async function status(parameters: Given, io: ToolIo): Promise<number> {
  const { data } = await io.api.call('GET', `/nodes/${io.api.node}/storage`, parameters)
  const rows = [...rowsOf(data)].sort((a, b) => (textOf(a['storage']) < textOf(b['storage']) ? -1 : 1))
  const width = Math.max(0, ...rows.map((row) => textOf(row['storage']).length)) + 1
  const line = (name: string, type: string, state: string, ...figures: readonly string[]) => {
    const [total = '', used = '', free = '', share = ''] = figures
    return `${name.padEnd(width)} ${type.padStart(10)} ${state.padStart(10)} ${total.padStart(15)} ${used.padStart(15)} ${free.padStart(15)} ${share.padStart(8)}\n`
  }
  const unit = io.cluster.version.pvesmUnits ? ' (KiB)' : ''
  await io.out(line('Name', 'Type', 'Status', `Total${unit}`, `Used${unit}`, `Available${unit}`, '%'))
  for (const row of rows) {
    const kib = (name: string) => String(Math.floor(Number(row[name] ?? 0) / 1024))
    const enabled = Number(row['enabled'] ?? 1) === 1
    const active = Number(row['active'] ?? 0) === 1
    const total = Number(row['total'] ?? 0)
    const share = enabled ? `${(total > 0 ? (Number(row['used'] ?? 0) / total) * 100 : 0).toFixed(2)}%` : 'N/A'
    await io.out(
      line(
        textOf(row['storage']),
        textOf(row['type']),
        enabled ? (active ? 'active' : 'inactive') : 'disabled',
        kib('total'),
        kib('used'),
        kib('avail'),
        share,
      ),
    )
  }
  return 0
}

/** Volumes of containers first, then the rest by format; columns are as wide as what is in them. */
async function list({ storage, ...filter }: Given, io: ToolIo): Promise<number> {
  const { data } = await io.api.call('GET', `/nodes/${io.api.node}/storage/${String(storage)}/content`, filter)
  const rows = rowsOf(data)
  const idWidth = Math.max(0, ...rows.map((row) => textOf(row['volid']).length))
  const sizeWidth = Math.max(1, ...rows.map((row) => textOf(row['size']).length))
  const line = (volid: string, format: string, type: string, size: string) =>
    `${volid.padEnd(idWidth)} ${format.padEnd(7)} ${type.padEnd(9)} ${size.padStart(sizeWidth)}`
  const cells = (row: Readonly<Record<string, unknown>>) =>
    line(textOf(row['volid']), textOf(row['format']), textOf(row['content']), textOf(row['size']))
  const owned = rows.filter((row) => row['vmid'] !== undefined)
  const others = rows.filter((row) => row['vmid'] === undefined)
  const lines = [
    `${line('Volid', 'Format', 'Type', 'Size')} VMID\n`,
    ...owned.map((row) => `${cells(row)} ${textOf(row['vmid'])}\n`),
    ...others.sort((a, b) => (textOf(a['format']) < textOf(b['format']) ? -1 : 1)).map((row) => `${cells(row)}\n`),
  ]
  await io.out(lines.join(''))
  return 0
}

/** Whether there is such a volume does not matter. */
async function path(parameters: Given, io: ToolIo): Promise<number> {
  checkOptions(parameters, { volume: { type: 'string', format: 'pve-volume-id' } })
  const volid = String(parameters['volume'])
  io.cluster.storages.contentOf(volid)
  await io.out(`${io.cluster.storages.path(volid)}\n`)
  return 0
}

async function alloc({ storage, ...parameters }: Given, io: ToolIo): Promise<number> {
  const { data } = await io.api.call('POST', `/nodes/${io.api.node}/storage/${String(storage)}/content`, parameters)
  await io.out(`successfully created '${textOf(data)}'\n`)
  return 0
}

/** A failure in the worker does not show in the status. */
async function free({ volume, storage }: Given, io: ToolIo): Promise<number> {
  const given = String(volume)
  const [own] = given.includes(':') ? given.split(':') : []
  const folder = storage ?? own
  if (folder === undefined) throw parameterError({ volume: 'no storage specified - incomplete volume ID' })
  const { workerError } = await io.api.call(
    'DELETE',
    `/nodes/${io.api.node}/storage/${String(folder)}/content/${given}`,
  )
  if (workerError !== undefined) await io.err(`${workerError}\n`)
  return 0
}
