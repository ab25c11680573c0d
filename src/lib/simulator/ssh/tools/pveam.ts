import { STORAGE } from '../../api/parameters.js'
import type { ObjectSchema } from '../../schema/schema.js'
import { type CommandTable, checkOptions, runCommand } from './command-table.js'
import { rowsOf, textOf } from './data.js'
import { type NodeTool, ToolFailure, type ToolIo } from './tool.js'

const SECTION: ObjectSchema = {
  section: { type: 'string', optional: true, enum: ['system', 'mail', 'turnkeylinux'] },
}
const MEGABYTE = 1024 ** 2

/** `pveam`: the list of appliances and their download (PVE-FACTS 7.5). */
export const pveam: NodeTool = (argv, io) => runCommand(TABLE, argv, io)

const TABLE: CommandTable = {
  tool: 'pveam',
  groups: [
    [
      {
        name: 'available',
        args: [],
        options: () => SECTION,
        run(parameters, io) {
          checkOptions(parameters, SECTION)
          return available(parameters['section'] === undefined ? undefined : String(parameters['section']), io)
        },
      },
      {
        name: 'download',
        args: ['storage', 'template'],
        options: () => ({}),
        run: ({ storage, template }, io) => download(String(storage), String(template), io),
      },
      { name: 'list', args: ['storage'], options: () => ({}), run: ({ storage }, io) => list(String(storage), io) },
      {
        name: 'remove',
        args: ['template_path'],
        options: () => ({}),
        run: (parameters, io) => remove(String(parameters['template_path']), io),
      },
      {
        name: 'update',
        args: [],
        options: () => ({}),
        async run(_, io) {
          await io.out('update successful\n')
          return 0
        },
      },
    ],
  ],
}

async function available(section: string | undefined, io: ToolIo): Promise<number> {
  const { data } = await io.api.call('GET', `/nodes/${io.api.node}/aplinfo`)
  const rows = rowsOf(data)
    .filter(
      (row) =>
        section === undefined ||
        row['section'] === section ||
        (section === 'turnkeylinux' && textOf(row['section']).startsWith('turnkey')),
    )
    .sort((a, b) =>
      textOf(a['section']) + textOf(a['template']) < textOf(b['section']) + textOf(b['template']) ? -1 : 1,
    )
  for (const row of rows) {
    const architecture = io.cluster.version.pveamArchitecture ? ` ${textOf(row['architecture'])}` : ''
    await io.out(`${textOf(row['section']).padEnd(15)} ${textOf(row['template']).padEnd(60)}${architecture}\n`)
  }
  return 0
}

async function list(storage: string, io: ToolIo): Promise<number> {
  checkOptions({ storage }, { storage: STORAGE })
  if (io.cluster.storages.find(storage)?.content.includes('vztmpl') !== true)
    throw new ToolFailure('Storage does not support templates!')
  const { data } = await io.api.call('GET', `/nodes/${io.api.node}/storage/${storage}/content`, { content: 'vztmpl' })
  await io.out(`${'NAME'.padEnd(60)} ${'SIZE'.padEnd(6)}\n`)
  for (const row of rowsOf(data))
    await io.out(`${textOf(row['volid']).padEnd(60)} ${(Number(row['size']) / MEGABYTE).toFixed(2)}MB\n`)
  return 0
}

/** A foreground worker whose failure does not show in the status. */
async function download(storage: string, template: string, io: ToolIo): Promise<number> {
  const { workerError } = await io.api.call('POST', `/nodes/${io.api.node}/aplinfo`, { storage, template })
  if (workerError !== undefined) await io.err(`${workerError}\n`)
  return 0
}

/** Unlinks the file without a task, and without a word when there is none. */
async function remove(volid: string, io: ToolIo): Promise<number> {
  const { storages } = io.cluster
  storages.checkArchive(volid, 'vztmpl')
  if (storages.volume(volid, io.node.name) !== undefined)
    await storages.free(volid, { node: io.node.name, print: () => undefined })
  return 0
}
