import { ApiError } from '../../api/api-error.js'
import type { ObjectSchema } from '../../schema/schema.js'
import { parseLine, UsageFailure } from './getopt.js'
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
  if (given === 'help') {
    await io.out(usage(table, io))
    return 0
  }
  const command = commandOf(table, given)
  if (command === undefined) return usageError(table, io, `unknown command '${table.tool} ${given}'`)
  try {
    const { parameters, extra } = assign(command, args, command.options(io))
    return await command.run(parameters, io, extra)
  } catch (error) {
    return printError(error, `${table.tool} ${usageLine(command, io)}`, io)
  }
}

/** A sub-command by its name, an alias, or the beginning of just one. */
function commandOf(table: CommandTable, given: string): SubCommand | undefined {
  const all = table.groups.flat()
  const exact = all.find((command) => command.name === given || command.aliases?.includes(given) === true)
  if (exact !== undefined) return exact
  const starting = all.filter((command) => command.name.startsWith(given))
  return starting.length === 1 ? starting[0] : undefined
}

function assign(command: SubCommand, args: readonly string[], schema: ObjectSchema) {
  const { options, words } = parseLine(args, schema)
  const parameters: Record<string, string | readonly string[]> = { ...options }
  const rest = [...words]
  let extra: readonly string[] = []
  for (const arg of command.args) {
    if (arg === 'extra-args') extra = rest.splice(0)
    else if (rest.length === 0 && !arg.startsWith('[')) throw new UsageFailure('not enough arguments')
    else {
      const value = rest.shift()
      if (value !== undefined) parameters[arg.replace(/[[\]]/g, '')] = value
    }
  }
  if (rest.length > 0) throw new UsageFailure('too many arguments')
  return { parameters, extra }
}

function usageLine(command: SubCommand, io: ToolIo): string {
  const args = command.args.map((arg) =>
    arg === 'extra-args' ? '[<extra-args>]' : arg.startsWith('[') ? `[<${arg.slice(1, -1)}>]` : `<${arg}>`,
  )
  const options = Object.keys(command.options(io)).length > 0 ? ['[OPTIONS]'] : []
  return `${command.name} ${[...args, ...options].join(' ')}`
}

function usage(table: CommandTable, io: ToolIo): string {
  const groups = table.groups.map((group) =>
    group.map((command) => `       ${table.tool} ${usageLine(command, io)}\n`).join(''),
  )
  const help = `       ${table.tool} help [<extra-args>] [OPTIONS]\n`
  return `USAGE: ${table.tool} <COMMAND> [ARGS] [OPTIONS]\n${[...groups, help].join('\n')}`
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
  if (error.status !== 400) {
    await io.err(`${error.message}\n`)
    return errnoOf(error.message)
  }
  const details = Object.entries(error.errors ?? {}).map(([name, text]) => `${name}: ${text}\n`)
  await io.err(`400 ${error.message}\n${details.join('')}${usageText}\n`)
  return 255
}

/** What errno holds when Perl dies: 2 after a file that was not found, else nothing, which makes 255 (PVE-FACTS 7.1). */
function errnoOf(message: string): number {
  return /^Configuration file '.*' does not exist$/.test(message) ? 2 : 255
}
