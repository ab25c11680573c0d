import { gunzipSync, gzipSync } from 'node:zlib'
import { FileError } from '../files/file-error.js'
import { directoryName, splitPath } from '../files/path.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { forEachOperand } from './arguments.js'
import { entriesOf, NotAnArchive, readTar, type TarEntry, writeTar } from './tar-format.js'

interface TarCommand {
  readonly verb: 'c' | 'x' | 't'
  readonly file: string
  readonly directory: string
  readonly gzip: boolean
  readonly verbose: boolean
  readonly strip: number
  readonly operands: readonly string[]
}

/** `tar` with c, x, t, f, C, z, v and --strip-components, on real archives. */
export const tar: Program = async (context) => {
  const command = tarCommand(context.args)
  if (command === undefined) {
    await context.err("tar: You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\n")
    return 2
  }
  try {
    return await (command.verb === 'c' ? create(context, command) : extract(context, command))
  } catch (error) {
    if (error instanceof NotAnArchive)
      await context.err(`tar: ${error.message}\ntar: Exiting with failure status due to previous errors\n`)
    else if (error instanceof FileError)
      await context.err(
        `tar: ${error.path}: Cannot open: ${error.message}\ntar: Error is not recoverable: exiting now\n`,
      )
    else throw error
    return 2
  }
}

function tarCommand(args: readonly string[]): TarCommand | undefined {
  const operands: string[] = []
  let [letters, file, directory, strip] = ['', '-', '.', 0]
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word.startsWith('--')) {
      const [name = '', value] = word.split('=')
      if (name === '--strip-components') strip = Number(value ?? args[++at])
      else if (name === '--directory') directory = value ?? args[++at] ?? ''
      else if (name === '--file') file = value ?? args[++at] ?? ''
      else letters += { '--extract': 'x', '--create': 'c', '--list': 't', '--gzip': 'z', '--verbose': 'v' }[name] ?? ''
    } else if (word.startsWith('-') ? word !== '-' : at === 0) {
      for (const letter of word.replace(/^-/, '')) {
        if (letter === 'f') file = args[++at] ?? ''
        else if (letter === 'C') directory = args[++at] ?? ''
        else letters += letter
      }
    } else operands.push(word)
  }
  const verb = (['c', 'x', 't'] as const).find((letter) => letters.includes(letter))
  return (
    verb && {
      verb,
      file,
      directory,
      gzip: letters.includes('z') || /\.t?gz$/.test(file),
      verbose: letters.includes('v'),
      strip,
      operands,
    }
  )
}

async function create(context: ProgramContext, command: TarCommand): Promise<number> {
  const base = context.path(command.directory)
  const entries = command.operands.flatMap((operand) =>
    entriesOf(
      operand.replace(/^\/+/, ''),
      context.files.lstat(operand.startsWith('/') ? operand : `${base}/${operand}`),
    ),
  )
  const bytes = writeTar(entries)
  const data = command.gzip ? gzipSync(bytes) : bytes
  if (command.file === '-') await context.stdout.write(data)
  else context.files.write(context.path(command.file), data)
  if (command.verbose) for (const entry of entries) await context.err(`${entry.name}\n`)
  return 0
}

async function extract(context: ProgramContext, command: TarCommand): Promise<number> {
  const raw = command.file === '-' ? await context.stdin.readAll() : context.files.readBytes(context.path(command.file))
  const entries = readTar(raw[0] === 0x1f && raw[1] === 0x8b ? gunzipSync(raw) : raw)
  const wanted = entries.filter(
    (entry) =>
      command.operands.length === 0 ||
      command.operands.some((operand) => `${entry.name}/`.startsWith(`${operand.replace(/\/$/, '')}/`)),
  )
  const base = context.path(command.directory)
  if (command.verb === 'x' && !context.files.exists(base)) throw new FileError('ENOENT', command.directory)
  for (const entry of wanted) {
    if (command.verb === 't' || command.verbose) await context.out(`${entry.name}\n`)
    if (command.verb === 'x') place(context, entry, base, command.strip)
  }
  return 0
}

function place(context: ProgramContext, entry: TarEntry, base: string, strip: number): void {
  const parts = splitPath(entry.name)
    .filter((part) => part !== '.' && part !== '..')
    .slice(strip)
  if (parts.length === 0) return
  const { files } = context
  const path = `${base}/${parts.join('/')}`
  files.mkdirs(directoryName(path))
  if (entry.kind === 'directory') files.mkdirs(path)
  else if (files.lstatOrNothing(path) !== undefined) files.remove(path, { recursive: true })
  if (entry.kind === 'symlink') files.symlink(entry.target, path)
  if (entry.kind === 'file') files.write(path, entry.data)
  const owner = context.process.uid === 0 ? { uid: entry.uid, gid: entry.gid } : {}
  if (entry.kind !== 'symlink') files.setAttributes(path, { mode: entry.mode, mtime: entry.mtime * 1000, ...owner })
}

/** gzip, gunzip and zcat. */
export const gzip: Program = async (context) => {
  const name = context.argv[0]?.split('/').at(-1)
  const flags = context.args.filter((word) => word.startsWith('-')).join('')
  const operands = context.args.filter((word) => !word.startsWith('-'))
  const unpack = name !== 'gzip' || flags.includes('d')
  const convert = (data: Uint8Array) => (unpack ? gunzipSync(data) : gzipSync(data))
  if (operands.length === 0) {
    await context.stdout.write(convert(await context.stdin.readAll()))
    return 0
  }
  return forEachOperand(context, operands, '', async (operand) => {
    const path = context.path(operand)
    const data = convert(context.files.readBytes(path))
    if (name === 'zcat' || flags.includes('c')) {
      await context.stdout.write(data)
      return
    }
    context.files.write(unpack ? path.replace(/\.gz$/, '') : `${path}.gz`, data)
    if (!flags.includes('k')) context.files.remove(path)
  })
}
