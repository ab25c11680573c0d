import { parseSize } from '../../config/size.js'
import { type CommandTable, runCommand } from './command-table.js'
import { rowsOf, textOf } from './data.js'
import { type NodeTool, ToolFailure, type ToolIo } from './tool.js'

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
        run: ({ volume }, io) => free(String(volume), io),
      },
      {
        name: 'list',
        args: ['storage'],
        options: () => ({ vmid: { type: 'integer', optional: true }, content: TEXT }),
        run: (parameters, io) => list(parameters, io),
      },
      { name: 'path', args: ['volume'], options: () => ({}), run: ({ volume }, io) => path(String(volume), io) },
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

async function list({ storage, ...filter }: Given, io: ToolIo): Promise<number> {
  const { data } = await io.api.call('GET', `/nodes/${io.api.node}/storage/${String(storage)}/content`, filter)
  const rows = rowsOf(data)
  const width = Math.max(5, ...rows.map((row) => textOf(row['volid']).length))
  const line = (volid: string, format: string, type: string, size: string, vmid: string) =>
    `${volid.padEnd(width)} ${format.padEnd(7)} ${type.padEnd(9)} ${size.padStart(15)} ${vmid}\n`
  await io.out(line('Volid', 'Format', 'Type', 'Size', 'VMID'))
  for (const row of rows)
    await io.out(
      line(
        textOf(row['volid']),
        textOf(row['format']),
        textOf(row['content']),
        textOf(row['size']),
        textOf(row['vmid']),
      ),
    )
  return 0
}

async function path(volid: string, io: ToolIo): Promise<number> {
  const { storages } = io.cluster
  const [storage = '', name = ''] = volid.split(/:(.*)/s)
  const config = storages.find(storage)
  if (config === undefined) throw new ToolFailure(`storage '${storage}' does not exist`)
  const folder = /^vztmpl\/(.*)$/.exec(name)
  const shown =
    config.type === 'lvm' || config.type === 'lvmthin'
      ? `/dev/pve/${name}`
      : config.type === 'zfspool'
        ? `/rpool/data/${name.split('/').at(-1)}`
        : config.type === 'rbd'
          ? `rbd:rbd/${name.split('/').at(-1)}`
          : folder === null
            ? `/var/lib/vz/images/${name}`
            : `/var/lib/vz/template/cache/${folder[1]}`
  await io.out(`${shown}\n`)
  return 0
}

async function alloc(parameters: Given, io: ToolIo): Promise<number> {
  const storage = String(parameters['storage'])
  const text = String(parameters['size'])
  const size = parseSize(/^\d+$/.test(text) ? `${text}K` : text)
  if (size === undefined) throw new ToolFailure(`unable to parse size '${text}'`)
  const print = () => undefined
  const volid = await io.cluster.storages.allocate(
    { storage, vmid: Number(parameters['vmid']), size },
    { node: io.node.name, print },
  )
  await io.out(`successfully created '${volid}'\n`)
  return 0
}

async function free(volid: string, io: ToolIo): Promise<number> {
  const storage = volid.split(':')[0] ?? ''
  const { upid, workerError } = await io.api.call('DELETE', `/nodes/${io.api.node}/storage/${storage}/content/${volid}`)
  if (workerError !== undefined) throw new ToolFailure(workerError)
  if (upid === undefined) await io.out(`Removed volume '${volid}'\n`)
  return 0
}
