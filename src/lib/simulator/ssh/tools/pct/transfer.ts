import { FileError } from '../../../guest/files/file-error.js'
import type { FileAttributes } from '../../../guest/guest-runtime.js'
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
      const content = sourceBytes(source, io)
      const uid = await idOf(vmid, '/etc/passwd', 'uid', parameters['user'], io)
      const gid = await idOf(vmid, '/etc/group', 'gid', parameters['group'], io)
      const attributes = attributesOf(modeOf(parameters['perms']), uid, gid)
      await guests.writeFile(vmid, destination, content, attributes).catch((error: unknown) => {
        throw new Error(`failed to create file: ${destination}: ${errorText(error)}`, { cause: error })
      })
    })
  },
}

/** The destination is there before the source is looked at. */
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
      const { files } = io.shell
      const uid = hostId('/etc/passwd', 'uid', parameters['user'], io)
      const gid = hostId('/etc/group', 'gid', parameters['group'], io)
      const attributes = attributesOf(modeOf(parameters['perms']), uid, gid)
      const path = io.shell.path(destination)
      try {
        files.write(path, '', NEW_FILE_MODE & ~io.shell.process.umask)
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        throw new Error(`failed to create file: ${destination}: ${error.message}`, { cause: error })
      }
      files.setAttributes(path, attributes)
      const content = await io.cluster.guests.readFile(vmid, source).catch((error: unknown) => {
        throw new Error(`failed to open ${source}: ${errorText(error)}`, { cause: error })
      })
      files.write(path, content)
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

/** Octal digits, before which Proxmox puts a `0` unless there is one, or hexadecimal ones after `0x`. */
function modeOf(text: unknown): number | undefined {
  if (text === undefined) return undefined
  const digits = /^0/.test(String(text)) ? String(text) : `0${String(text)}`
  const isHexadecimal = /^0[xX][0-9a-fA-F]+$/.test(digits)
  if (!isHexadecimal && !/^[0-7]+$/.test(digits)) throw new Error(`invalid mode: '${digits}'`)
  return Number.parseInt(digits, isHexadecimal ? 16 : 8) & 0o7777
}

function attributesOf(mode: number | undefined, uid: number | undefined, gid: number | undefined): FileAttributes {
  return { ...(mode !== undefined && { mode }), ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) }
}

/** What a file of the node holds; a directory can be opened, but has nothing to copy. */
function sourceBytes(source: string, io: ToolIo): Uint8Array {
  try {
    return io.shell.files.readBytes(io.shell.path(source))
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    if (error.code === 'EISDIR') return new Uint8Array()
    throw new Error(`failed to open ${source} for reading`, { cause: error })
  }
}

async function idOf(vmid: number, path: string, kind: 'uid' | 'gid', given: unknown, io: ToolIo) {
  if (given === undefined || /^\d+$/.test(String(given))) return given === undefined ? undefined : Number(given)
  const text = Buffer.from(await io.cluster.guests.readFile(vmid, path)).toString('utf8')
  return idIn(text, kind, String(given))
}

function hostId(path: string, kind: 'uid' | 'gid', given: unknown, io: ToolIo): number | undefined {
  if (given === undefined || /^\d+$/.test(String(given))) return given === undefined ? undefined : Number(given)
  return idIn(Buffer.from(io.shell.files.readBytes(path)).toString('utf8'), kind, String(given))
}

/** The number of a name in passwd or group. */
function idIn(text: string, kind: 'uid' | 'gid', name: string): number {
  const line = text.split('\n').find((row) => row.startsWith(`${name}:`))
  if (line === undefined) throw new Error(`failed to get ${kind} for: ${name}`)
  return Number(line.split(':')[2])
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
