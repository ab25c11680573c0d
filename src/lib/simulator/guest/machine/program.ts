import { contentOf } from '../files/content.js'
import type { FileSystem } from '../files/file-system.js'
import { absolute } from '../files/path.js'
import { type FileNode, file } from '../files/tree.js'
import type { Input } from './input.js'
import type { Machine } from './machine.js'
import type { Output } from './output.js'
import type { Process } from './process.js'

/** The terminal that a process works at. */
export interface ControllingTerminal {
  readonly columns: number
  readonly rows: number
  /** Set while a program passes every key on to another machine: gets what would interrupt the processes here. */
  onInterrupt?: (() => void) | undefined
}

/** The three streams of a process. */
export interface Streams {
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  readonly tty?: ControllingTerminal
  /** Paths of files that are open under further numbers. */
  readonly opened?: ReadonlyMap<number, string>
}

/** What a program sees of the world. */
export interface ProgramContext extends Streams {
  /** With its own name in front. */
  readonly argv: readonly string[]
  readonly args: readonly string[]
  readonly machine: Machine
  readonly process: Process
  /** The machine's files with the rights of this process. */
  readonly files: FileSystem
  out(text: string): Promise<void>
  err(text: string): Promise<void>
  /** A path as this process means it. */
  path(text: string): string
  /** Runs another program and resolves with its exit status. */
  run(argv: readonly string[], options?: RunOverrides): Promise<number>
}

interface RunOverrides extends Partial<Streams> {
  readonly environment?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly uid?: number
  readonly gid?: number
}

/** A program: resolves with its exit status. */
export type Program = (context: ProgramContext) => number | Promise<number>

/** Binaries carry the name of the program that they are, so that copying, renaming and removing them works. */
const MARK = '\x7fELF cmux '

/** An executable file that runs the program of this name, optionally with a version that it reports. */
export function binary(name: string, version?: string): FileNode {
  return file(contentOf(`${MARK}${name}${version === undefined ? '' : ` ${version}`}\n`), { mode: 0o755 })
}

/** What an executable's content says: a program, a script with its interpreter, or text for the shell. */
export type Executable =
  | { readonly kind: 'program'; readonly name: string; readonly version?: string }
  | { readonly kind: 'script'; readonly interpreter: readonly string[] }
  | { readonly kind: 'text' }
  | { readonly kind: 'foreign' }

export function executable(node: FileNode): Executable {
  const [first] = node.content.chunks()
  const head = Buffer.from(first?.subarray(0, 256) ?? []).toString('latin1')
  const line = head.split('\n', 1)[0] ?? ''
  if (line.startsWith(MARK)) {
    const [name = '', version] = line.slice(MARK.length).split(' ')
    return version === undefined ? { kind: 'program', name } : { kind: 'program', name, version }
  }
  if (line.startsWith('#!')) {
    const [interpreter = '', ...argument] = line
      .slice(2)
      .trim()
      .split(/\s+(.*)/s)
    return { kind: 'script', interpreter: [interpreter, ...argument.filter((word) => word !== '')] }
  }
  return head.startsWith('\x7fELF') ? { kind: 'foreign' } : { kind: 'text' }
}

/** The version an executable was installed with, for programs that report one. */
export function versionOf(context: ProgramContext): string | undefined {
  const path = findProgram(
    context.files,
    context.argv[0] ?? '',
    context.process.environment['PATH'],
    context.process.cwd,
  )
  const node = path === undefined ? undefined : context.files.find(path)
  const found = node?.kind === 'file' ? executable(node) : undefined
  return found?.kind === 'program' ? found.version : undefined
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Where a command is, as execvp looks for it; undefined: nowhere. A file that may not be executed counts only by path. */
export function findProgram(
  files: FileSystem,
  name: string,
  searchPath: string | undefined,
  cwd: string,
): string | undefined {
  if (name === '') return undefined
  if (name.includes('/')) {
    const path = absolute(name, cwd)
    return files.exists(path) ? path : undefined
  }
  let forbidden: string | undefined
  for (const folder of (searchPath ?? DEFAULT_PATH).split(':')) {
    const path = absolute(`${folder === '' ? '.' : folder}/${name}`, cwd)
    const node = files.find(path)
    if (node === undefined || node.kind === 'directory') continue
    if (files.may(node, 1)) return path
    forbidden ??= path
  }
  return forbidden
}
