import { FileError } from '../../../guest/files/file-error.js'
import type { ObjectSchema } from '../../../schema/schema.js'
import type { SubCommand } from '../command-table.js'
import { ToolFailure, type ToolIo } from '../tool.js'
import { vmidOf } from './container.js'

const OWNER: ObjectSchema = {
  user: { type: 'string', optional: true },
  group: { type: 'string', optional: true },
  perms: { type: 'string', optional: true },
}
const NEW_FILE_MODE = 0o666

/** `pct push`: a failure inside its worker is printed and the status stays 0 (PVE-FACTS 7.1, 7.2). */
export const push: SubCommand = {
  name: 'push',
  args: ['vmid', 'file', 'destination'],
  options: () => OWNER,
  run(parameters, io) {
    const vmid = vmidOf(parameters['vmid'])
    if (!io.node.monitor.isRunning(vmid)) throw new ToolFailure('can only push files to a running CT')
    const { guests } = io.cluster
    const source = String(parameters['file'])
    const destination = String(parameters['destination'])
    return inWorker('push_file', vmid, io, async () => {
      const mode = modeOf(parameters['perms']) ?? NEW_FILE_MODE & ~io.shell.process.umask
      const content = reading(
        source,
        () => io.shell.files.readBytes(io.shell.path(source)),
        (path, text) => `failed to open ${path} for reading: ${text}`,
      )
      const uid = await idOf(vmid, '/etc/passwd', 'uid', parameters['user'], io)
      const gid = await idOf(vmid, '/etc/group', 'gid', parameters['group'], io)
      await guests.writeFile(vmid, destination, content, { mode, uid, gid }).catch((error: unknown) => {
        throw new Error(`failed to create file: ${destination}: ${errorText(error)}`, { cause: error })
      })
    })
  },
}

export const pull: SubCommand = {
  name: 'pull',
  args: ['vmid', 'path', 'destination'],
  options: () => OWNER,
  run(parameters, io) {
    const vmid = vmidOf(parameters['vmid'])
    if (!io.node.monitor.isRunning(vmid))
      throw new ToolFailure('can only pull files from a running VM at /usr/share/perl5/PVE/CLI/pct.pm line 628.')
    const source = String(parameters['path'])
    const destination = String(parameters['destination'])
    return inWorker('pull_file', vmid, io, async () => {
      const mode = modeOf(parameters['perms']) ?? NEW_FILE_MODE & ~io.shell.process.umask
      const content = await io.cluster.guests.readFile(vmid, source).catch((error: unknown) => {
        throw new Error(`failed to open ${source}: ${errorText(error)}`, { cause: error })
      })
      const path = io.shell.path(destination)
      reading(
        destination,
        () => io.shell.files.write(path, content, mode),
        (_, text) => `failed to create file: ${destination}: ${text}`,
      )
      io.shell.files.setAttributes(path, { mode })
    })
  },
}

/** Runs the body as a task in the foreground. */
async function inWorker(type: string, vmid: number, io: ToolIo, body: () => Promise<void>): Promise<number> {
  const worker = io.node.fork({
    type,
    id: String(vmid),
    user: 'root@pam',
    run: (task) => task.run(body()),
    output: () => undefined,
  })
  const interrupt = () => worker.interrupt()
  io.shell.process.signal.addEventListener('abort', interrupt, { once: true })
  const { error } = await worker.finished
  io.shell.process.signal.removeEventListener('abort', interrupt)
  if (error !== undefined) await io.err(`${errorText(error)}\n`)
  return 0
}

/** Octal digits, before which Proxmox puts a `0`. */
function modeOf(text: unknown): number | undefined {
  if (text === undefined) return undefined
  const digits = `0${String(text)}`
  if (!/^[0-7]+$/.test(digits)) throw new Error(`invalid mode: '${digits}'`)
  return Number.parseInt(digits, 8) & 0o7777
}

async function idOf(vmid: number, path: string, kind: 'uid' | 'gid', given: unknown, io: ToolIo): Promise<number> {
  if (given === undefined) return 0
  const name = String(given)
  if (/^\d+$/.test(name)) return Number(name)
  const text = Buffer.from(await io.cluster.guests.readFile(vmid, path)).toString('utf8')
  const line = text.split('\n').find((row) => row.startsWith(`${name}:`))
  if (line === undefined) throw new Error(`failed to get ${kind} for: ${name}`)
  return Number(line.split(':')[2])
}

function reading<T>(path: string, action: () => T, message: (path: string, text: string) => string): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof FileError) throw new Error(message(path, error.message), { cause: error })
    throw error
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
