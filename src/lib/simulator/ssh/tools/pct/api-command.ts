import type { HttpMethod } from '../../../api/method.js'
import { FileError } from '../../../guest/files/file-error.js'
import type { SubCommand } from '../command-table.js'
import type { CallOutcome } from '../node-api.js'
import { ToolFailure, type ToolIo } from '../tool.js'

/** A sub-command that is one method of the API. */
export interface ApiCommand {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly args: readonly string[]
  readonly method: HttpMethod
  /** Below `/nodes/{node}/lxc`; `{vmid}` and others are arguments. */
  readonly path: string
  /** Parameters that the command sets itself. */
  readonly fixed?: Readonly<Record<string, string>>
  /** An argument that has another name in the method. */
  readonly renamed?: Readonly<Record<string, string>>
  /** Options that name a file of the node and stand for what is in it. */
  readonly files?: readonly string[]
  /** A failed worker does not show in the exit status (PVE-FACTS 7.1). */
  readonly ignoresWorker?: boolean
  readonly print?: (
    data: unknown,
    io: ToolIo,
    parameters: Readonly<Record<string, string | readonly string[]>>,
  ) => Promise<void>
}

export function apiCommand(command: ApiCommand): SubCommand {
  const { name, aliases, args, method, path } = command
  return {
    name,
    ...(aliases === undefined ? {} : { aliases }),
    args,
    options(io) {
      const found = io.api.find(method, fullPath(path, io.api.node, { vmid: '100', snapname: 'name' }))
      const all = found?.apiMethod.parameters ?? {}
      const own = args.map((arg) => arg.replace(/[[\]]/g, '')).map((arg) => command.renamed?.[arg] ?? arg)
      const hidden = new Set(['node', ...own, ...Object.keys(command.fixed ?? {})])
      return Object.fromEntries(Object.entries(all).filter(([option]) => !hidden.has(option)))
    },
    async run(given, io) {
      const parameters = Object.fromEntries(
        Object.entries({ ...given, ...contents(command.files ?? [], given, io), ...command.fixed }).map(
          ([key, value]) => [command.renamed?.[key] ?? key, value],
        ),
      )
      const outcome = await io.api.call(method, fullPath(path, io.api.node, parameters), parameters)
      if (outcome.upid !== undefined) return workerStatus(outcome, io, command.ignoresWorker === true)
      await command.print?.(outcome.data, io, given)
      return 0
    },
  }
}

/** Throws the ToolFailure of a file that cannot be read. */
function contents(
  names: readonly string[],
  given: Readonly<Record<string, string | readonly string[]>>,
  { shell }: ToolIo,
): Readonly<Record<string, string>> {
  const paths = names.filter((name) => given[name] !== undefined).map((name) => [name, String(given[name])] as const)
  return Object.fromEntries(
    paths.map(([name, path]) => {
      try {
        return [name, Buffer.from(shell.files.readBytes(shell.path(path))).toString('utf8')]
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        throw new ToolFailure(`can't open '${path}' - ${error.message}`, error.code === 'ENOENT' ? 2 : 255)
      }
    }),
  )
}

/** The exit status after a worker, its error on stderr. */
async function workerStatus({ workerError }: CallOutcome, io: ToolIo, ignored: boolean): Promise<number> {
  if (workerError === undefined) return 0
  await io.err(`${workerError}\n`)
  return ignored ? 0 : 255
}

function fullPath(path: string, node: string, values: Readonly<Record<string, string | readonly string[]>>): string {
  return `/nodes/${node}/lxc${path.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ''))}`
}
