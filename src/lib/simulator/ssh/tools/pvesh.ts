import type { HttpMethod } from '../../api/method.js'
import type { ObjectSchema } from '../../schema/schema.js'
import { assignArguments, checkOptions, printError, usageLine } from './command-table.js'
import { resultText } from './output-format.js'
import { list } from './pvesh-list.js'
import { usageOfPath } from './pvesh-usage.js'
import type { NodeTool, ToolIo } from './tool.js'

const VERBS: Readonly<Record<string, HttpMethod>> = { get: 'GET', set: 'PUT', create: 'POST', delete: 'DELETE' }
const COMMANDS = ['create', 'delete', 'get', 'ls', 'set', 'usage']
const FORMATS = ['text', 'json', 'json-pretty', 'yaml']
const OUTPUT: ObjectSchema = {
  'output-format': { type: 'string', optional: true, enum: FORMATS },
  noborder: { type: 'boolean', optional: true },
  noheader: { type: 'boolean', optional: true },
  quiet: { type: 'boolean', optional: true },
  'human-readable': { type: 'boolean', optional: true },
}
const NO_PROXY: ObjectSchema = { noproxy: { type: 'boolean', optional: true } }
const USAGE_OPTIONS: ObjectSchema = {
  verbose: { type: 'boolean', optional: true },
  returns: { type: 'boolean', optional: true },
  command: { type: 'string', optional: true, enum: Object.keys(VERBS) },
}

/** `pvesh get|set|create|delete|ls|usage PATH` (PVE-FACTS 7.4). The path comes first: options before it are taken for one. */
export const pvesh: NodeTool = async (argv, io) => {
  const [given, ...args] = argv.slice(argv.findIndex((word) => word !== '--noproxy' && word !== '--nooutput'))
  if (given === undefined) return usageError('no command specified', io)
  const [command, ...others] = COMMANDS.includes(given) ? [given] : COMMANDS.filter((name) => name.startsWith(given))
  if (command === undefined || others.length > 0) return usageError(`unknown command 'pvesh ${given}'`, io)
  const [path = ''] = args
  const method = VERBS[command] ?? 'GET'
  const found = command === 'usage' || args.length === 0 ? undefined : io.api.find(method, path)
  if (found === undefined && args.length > 0 && VERBS[command] !== undefined) {
    await io.err(`No '${command}' handler defined for '${path}'\n`)
    return 1
  }
  const own = Object.entries(found?.apiMethod.parameters ?? {}).filter(
    ([name]) => !(name in (found?.pathParameters ?? {})),
  )
  const options = command === 'usage' ? USAGE_OPTIONS : { ...Object.fromEntries(own), ...NO_PROXY }
  const formats = command === 'usage' ? {} : OUTPUT
  try {
    const { parameters } = assignArguments(['api_path'], args, { ...options, ...formats })
    checkOptions(parameters, { ...formats, ...(command === 'usage' ? options : {}) })
    if (command === 'usage') return await usageOfPath(path, parameters, io)
    if (command === 'ls') return await list(path, found, parameters, io)
    return await call(method, path, parameters, own, io)
  } catch (error) {
    const suffix = command === 'usage' ? '' : ' [FORMAT_OPTIONS]'
    return printError(error, `${usageLine(`pvesh ${command}`, ['api_path'], options)}${suffix}`, io)
  }
}

async function usageError(message: string, io: ToolIo): Promise<number> {
  const lines = COMMANDS.map((command) => {
    const options = command === 'usage' ? USAGE_OPTIONS : NO_PROXY
    const line = usageLine(`pvesh ${command}`, ['api_path'], options)
    return `       ${line}${command === 'usage' ? '' : ' [FORMAT_OPTIONS]'}\n`
  })
  const usage = `USAGE: pvesh <COMMAND> [ARGS] [OPTIONS]\n\n${lines.join('')}\n       pvesh help [<extra-args>] [OPTIONS]\n`
  await io.err(`ERROR: ${message}\n${usage}`)
  return 255
}

async function call(
  method: HttpMethod,
  path: string,
  given: Readonly<Record<string, string | readonly string[]>>,
  own: readonly (readonly [string, unknown])[],
  io: ToolIo,
): Promise<number> {
  const parameters = Object.fromEntries(Object.entries(given).filter(([name]) => own.some(([known]) => known === name)))
  const { data, workerError } = await io.api.call(method, path, parameters)
  if (workerError !== undefined) await io.err(`${workerError}\n`)
  if (given['quiet'] === '1') return 0
  const isText = (given['output-format'] ?? 'text') === 'text'
  if ((data === null || data === undefined) && (method !== 'GET' || isText)) return 0
  await io.out(resultText(data ?? null, given, io))
  return 0
}
