import { ApiError } from '../../api/api-error.js'
import type { ObjectSchema } from '../../schema/schema.js'
import { validate } from '../../schema/validate.js'
import { flagValues, parseLine, UsageFailure } from './getopt.js'
import { ToolFailure, type ToolIo } from './tool.js'

/** One sub-command of a tool. */
export interface SubCommand {
  readonly name: string
  /** Other names that it is known by. */
  readonly aliases?: readonly string[]
  /** `vmid`; `[storage]` for one that may be left out; `extra-args` takes whatever is left. */
  readonly args: readonly string[]
  /** Options besides the arguments. */
  readonly options: (io: ToolIo) => ObjectSchema
  readonly run: (
    parameters: Readonly<Record<string, string | readonly string[]>>,
    io: ToolIo,
    extra: readonly string[],
  ) => Promise<number>
}

/** Sub-commands in the groups that the usage shows. */
export interface CommandTable {
  readonly tool: string
  readonly groups: readonly (readonly SubCommand[])[]
}

/** Runs a tool that has sub-commands: finds the one meant, parses its line, and prints its errors (PVE-FACTS 7.1). */
export async function runCommand(table: CommandTable, argv: readonly string[], io: ToolIo): Promise<number> {
  const [given, ...args] = argv
  if (given === undefined) return usageError(table, io, 'no command specified')
  if (given === 'help') return help(table, args, io)
  const command = commandOf(table, given)
  if (command === undefined) return usageError(table, io, `unknown command '${table.tool} ${given}'`)
  try {
    const { parameters, extra } = assignArguments(command.args, args, command.options(io))
    return await command.run(parameters, io, extra)
  } catch (error) {
    return printError(error, usageLine(`${table.tool} ${command.name}`, command.args, command.options(io)), io)
  }
}

async function help(table: CommandTable, args: readonly string[], io: ToolIo): Promise<number> {
  const [given] = args
  if (given === undefined) {
    await io.out(usage(table, io))
    return 0
  }
  const command = commandOf(table, given)
  if (command === undefined) return usageError(table, io, `unknown command '${args.join(' ')}'`)
  await io.out(`USAGE: ${usageLine(`${table.tool} ${command.name}`, command.args, command.options(io))}\n\n`)
  return 0
}

/** A sub-command by its name, an alias, or the beginning of just one. */
function commandOf(table: CommandTable, given: string): SubCommand | undefined {
  const all = table.groups.flat()
  const exact = all.find((command) => command.name === given || command.aliases?.includes(given) === true)
  if (exact !== undefined) return exact
  const starting = all.filter((command) => command.name.startsWith(given))
  return starting.length === 1 ? starting[0] : undefined
}

/**
 * Options and arguments of a line. An argument may also be given as an option, which does not spare the word itself.
 * `extra` is what `extra-args` takes. Throws UsageFailure.
 */
export function assignArguments(names: readonly string[], args: readonly string[], options: ObjectSchema) {
  const own = Object.fromEntries(names.map((name) => [bareName(name), { type: 'string' } as const]))
  const schema = { ...own, ...options }
  const { options: given, words } = parseLine(args, schema)
  const parameters: Record<string, string | readonly string[]> = { ...given }
  const rest = [...words]
  let extra: readonly string[] = []
  for (const name of names) {
    if (name === 'extra-args') extra = rest.splice(0)
    else if (rest.length === 0 && !isOptional(name)) throw new UsageFailure('not enough arguments')
    else {
      const value = rest.shift()
      if (value !== undefined) parameters[bareName(name)] = value
    }
  }
  if (rest.length > 0) throw new UsageFailure('too many arguments')
  return { parameters: flagValues(parameters, schema), extra }
}

const isOptional = (name: string) => name.startsWith('[') || name === 'extra-args'
const bareName = (name: string) => name.replace(/[[\]]/g, '')

/** Checks options that no method of the API checks. Throws the 400 ApiError. */
export function checkOptions(
  parameters: Readonly<Record<string, string | readonly string[]>>,
  schema: ObjectSchema,
): void {
  const given = Object.entries(parameters).filter(([name]) => Object.hasOwn(schema, name))
  validate(schema, Object.fromEntries(given), { cli: true })
}

/** `pct status <vmid> [OPTIONS]`: options that must be given are named, and without arguments a blank stays in their place. */
export function usageLine(prefix: string, names: readonly string[], options: ObjectSchema): string {
  const required = Object.entries(options).filter(([, property]) => property.optional !== true)
  const shown = [
    ...names.map((name) => (isOptional(name) ? `[<${bareName(name)}>]` : `<${name}>`)),
    ...required.sort().map(([name, { type }]) => `--${name} <${type}>`),
  ]
  return `${prefix} ${shown.join(' ')}${Object.keys(options).length > 0 ? ' [OPTIONS]' : ''}`
}

function usage(table: CommandTable, io: ToolIo): string {
  const groups = table.groups.map((group) =>
    group
      .map(({ name, args, options }) => `       ${usageLine(`${table.tool} ${name}`, args, options(io))}\n`)
      .join(''),
  )
  const help = `       ${table.tool} help [<extra-args>] [OPTIONS]\n`
  return `USAGE: ${table.tool} <COMMAND> [ARGS] [OPTIONS]\n\n${[...groups, help].join('\n')}`
}

async function usageError(table: CommandTable, io: ToolIo, message: string): Promise<number> {
  await io.err(`ERROR: ${message}\n${usage(table, io)}`)
  return 255
}

/** Prints an error as a Proxmox tool does and answers the exit status. */
export async function printError(error: unknown, usageText: string, io: ToolIo): Promise<number> {
  if (error instanceof ToolFailure) {
    await io.err(`${error.message}\n`)
    return error.status
  }
  if (!(error instanceof ApiError)) throw error
  if (error instanceof UsageFailure) for (const line of error.messages) await io.err(`${line}\n`)
  const details = Object.entries(error.errors ?? {}).map(([name, text]) => `${name}: ${text}\n`)
  const code = error.status === 500 ? '' : `${error.status} `
  await io.err(`${code}${error.message}\n${details.join('')}${error.status === 400 ? `${usageText}\n` : ''}`)
  return error.status === 400 ? 255 : errnoOf(error.message)
}

/** What errno holds when Perl dies: 2 after a file that was not found, else nothing, which makes 255 (PVE-FACTS 7.1). */
function errnoOf(message: string): number {
  return /^Configuration file '.*' does not exist$/.test(message) ? 2 : 255
}
