import type { HttpMethod } from '../../api/method.js'
import type { ObjectSchema } from '../../schema/schema.js'
import { printError } from './command-table.js'
import { parseLine } from './getopt.js'
import { jsonText, textTable, yamlText } from './output-format.js'
import type { NodeTool, ToolIo } from './tool.js'

const VERBS: Readonly<Record<string, HttpMethod>> = {
  get: 'GET',
  set: 'PUT',
  create: 'POST',
  delete: 'DELETE',
  ls: 'GET',
  usage: 'GET',
}
const FORMATS = ['text', 'json', 'json-pretty', 'yaml']
const OUTPUT: ObjectSchema = {
  'output-format': { type: 'string', optional: true, enum: FORMATS },
  noborder: { type: 'boolean', optional: true },
  noheader: { type: 'boolean', optional: true },
  quiet: { type: 'boolean', optional: true },
  'human-readable': { type: 'boolean', optional: true },
  noproxy: { type: 'boolean', optional: true },
}

/** `pvesh get|set|create|delete|ls|usage PATH` (PVE-FACTS 7.4). */
export const pvesh: NodeTool = async (argv, io) => {
  const [verb = '', given, ...args] = argv
  const method = VERBS[verb]
  if (method === undefined || given === undefined) {
    await io.err(
      `ERROR: ${verb === '' ? 'no command specified' : method === undefined ? `unknown command 'pvesh ${verb}'` : 'not enough arguments'}\n${USAGE}`,
    )
    return 255
  }
  const path = `/${given
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`
  const schema = io.api.parameters(method, path)
  if (schema === undefined) {
    await io.err(`No '${verb}' handler defined for '${path}'\n`)
    return 1
  }
  if (verb === 'usage') {
    await io.out(`USAGE: pvesh ${Object.keys(VERBS).join('|')} ${path} [OPTIONS]\n`)
    return 0
  }
  try {
    return await call(verb, method, path, args, schema, io)
  } catch (error) {
    return printError(error, `pvesh ${verb} ${path} [OPTIONS] [FORMAT_OPTIONS]`, io)
  }
}

const USAGE = `USAGE: pvesh <COMMAND> [ARGS] [OPTIONS]\n${Object.keys(VERBS)
  .sort()
  .map((verb) => `       pvesh ${verb} <api_path> [OPTIONS] [FORMAT_OPTIONS]\n`)
  .join('')}`

async function call(
  verb: string,
  method: HttpMethod,
  path: string,
  args: readonly string[],
  schema: ObjectSchema,
  io: ToolIo,
): Promise<number> {
  const { options } = parseLine(args, { ...OUTPUT, ...schema })
  const parameters = Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(OUTPUT, name)))
  const { data, workerError } = await io.api.call(method, path, parameters)
  if (workerError !== undefined) await io.err(`${workerError}\n`)
  if (options['quiet'] === '1' || data === null || data === undefined) return 0
  const format = verb === 'ls' ? 'text' : String(options['output-format'] ?? 'text')
  if (format === 'json') await io.out(`${jsonText(data)}\n`)
  else if (format === 'json-pretty') await io.out(`${jsonText(data, 3)}\n`)
  else if (format === 'yaml') await io.out(yamlText(data))
  else
    await io.out(
      textTable(data, {
        border: options['noborder'] !== '1',
        header: options['noheader'] !== '1',
        utf8: /utf-?8/i.test(io.shell.process.environment['LANG'] ?? ''),
      }),
    )
  return 0
}
