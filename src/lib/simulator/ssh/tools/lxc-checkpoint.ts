import { parseArguments } from '../../guest/commands/arguments.js'
import { checkpointMessage, restoreFailed } from '../../lxc/checkpoint.js'
import { guestSpec } from '../../lxc/guest-spec.js'
import type { NodeTool, ToolIo } from './tool.js'

interface Request {
  readonly vmid: number
  readonly directory: string
  readonly restore: boolean
  readonly stop: boolean
  readonly foreground: boolean
}

/** `lxc-checkpoint` with the messages of liblxc 6.0.5 (PVE-FACTS 7.6). */
export const lxcCheckpoint: NodeTool = async (argv, io) => {
  const options = parseArguments(argv, [
    'n',
    'name',
    'D',
    'checkpoint-dir',
    'A',
    'action-script',
    'P',
    'lxcpath',
    'o',
    'l',
    'rcfile',
    'predump-dir',
  ])
  const restore = options.has('r', 'restore')
  const onlyCheckpoint = options.has('s', 'stop', 'p', 'pre-dump')
  const onlyRestore = options.has('d', 'daemon', 'F', 'foreground')
  const directory = options.value('D', 'checkpoint-dir')
  if (options.has('version')) {
    await io.out('6.0.5\n')
    return 0
  }
  if (directory === undefined || (restore ? onlyCheckpoint : onlyRestore))
    return fail(io, 'lxc-checkpoint: could not parse command line')
  const name = options.value('n', 'name')
  if (name === undefined) return fail(io, 'lxc-checkpoint: No container name specified')
  const vmid = Number(name)
  if (io.cluster.configs.find(vmid)?.node !== io.node.name)
    return fail(io, checkpointMessage(name, 'main', 298, `${name} is not defined`))
  const request: Request = {
    vmid,
    directory: io.shell.path(directory),
    restore,
    stop: options.has('s', 'stop'),
    foreground: options.has('F', 'foreground'),
  }
  return restore ? bringBack(request, io) : dump(request, io)
}

async function dump({ vmid, directory, stop }: Request, io: ToolIo): Promise<number> {
  if (!io.node.monitor.isRunning(vmid))
    return fail(io, checkpointMessage(vmid, 'checkpoint', 203, `${vmid} not running, not checkpointing`))
  try {
    await io.cluster.guests.checkpoint(vmid, directory, { stop })
  } catch (error) {
    return fail(io, errorText(error))
  }
  if (stop) await io.node.monitor.ended(vmid)
  return 0
}

async function bringBack({ vmid, directory, foreground }: Request, io: ToolIo): Promise<number> {
  const { monitor } = io.node
  if (monitor.isRunning(vmid))
    return fail(io, checkpointMessage(vmid, 'restore', 214, `${vmid} is running, not restoring`))
  const spec = guestSpec(io.node, vmid, io.cluster.configs.load(vmid, io.node.name))
  await monitor.gone(vmid)
  monitor.begin(vmid)
  try {
    await monitor.boot(vmid, () => io.cluster.guests.restore(spec, directory))
  } catch (error) {
    monitor.abort(vmid)
    return fail(io, errorText(restoreFailed(vmid, error)))
  }
  if (foreground) await monitor.ended(vmid)
  return 0
}

async function fail(io: ToolIo, text: string): Promise<number> {
  await io.err(`${text}\n`)
  return 1
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
