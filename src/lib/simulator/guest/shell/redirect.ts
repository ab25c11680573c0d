import { FileError } from '../files/file-error.js'
import type { FileSystem } from '../files/file-system.js'
import { absolute } from '../files/path.js'
import type { DeviceName } from '../files/tree.js'
import { emptyInput, Input, inputOf } from '../machine/input.js'
import { discard, type Output } from '../machine/output.js'
import { randomBytes } from '../machine/random-bytes.js'
import type { Redirection } from './ast.js'
import { type Descriptor, type Descriptors, ShellFailure, type ShellState } from './shell-state.js'

/** The descriptors after redirections. Throws ShellFailure when a file cannot be opened. */
export async function redirected(
  descriptors: Descriptors,
  redirections: readonly Redirection[],
  state: ShellState,
  expand: (redirection: Redirection) => Promise<string>,
): Promise<Descriptors> {
  if (redirections.length === 0) return descriptors
  const result = new Map(descriptors)
  for (const redirection of redirections) {
    const target = await expand(redirection)
    apply(result, redirection, target, state)
  }
  return result
}

function apply(
  table: Map<number, Descriptor>,
  { descriptor, operator }: Redirection,
  target: string,
  state: ShellState,
): void {
  switch (operator) {
    case '<<':
    case '<<<':
      table.set(descriptor, {
        kind: 'input',
        input: inputOf([Buffer.from(operator === '<<<' ? `${target}\n` : target)]),
      })
      return
    case '<&':
    case '>&': {
      if (target === '-') {
        table.delete(descriptor)
        return
      }
      const from = /^\d+$/.test(target) ? table.get(Number(target)) : undefined
      if (from === undefined) throw new ShellFailure(`${target}: Bad file descriptor`, 2)
      table.set(descriptor, from)
      return
    }
    case '<':
    case '<>':
      table.set(descriptor, { kind: 'input', input: openInput(target, table, state) })
      return
    case '&>': {
      const opened = openOutput(target, false, table, state)
      table.set(1, opened)
      table.set(2, opened)
      return
    }
    default:
      table.set(descriptor, openOutput(target, operator === '>>', table, state))
  }
}

function openInput(target: string, table: Descriptors, state: ShellState): Input {
  const files = state.machine.files.as(state.process)
  const path = absolute(target, state.process.cwd)
  try {
    const node = files.stat(path)
    if (node.kind === 'device') return deviceInput(node.device, table, state)
    return inputOf(node.kind === 'directory' ? [] : files.read(path).chunks())
  } catch (error) {
    throw failure('open', target, error)
  }
}

function openOutput(target: string, append: boolean, table: Descriptors, state: ShellState): Descriptor {
  const files = state.machine.files.as(state.process)
  const path = absolute(target, state.process.cwd)
  try {
    const node = files.find(path)
    if (node?.kind === 'device') return { kind: 'output', output: deviceOutput(node.device, table) }
    const mode = 0o666 & ~state.process.umask
    if (append) files.append(path, '', mode)
    else files.write(path, '', mode)
    const real = files.realPath(path)
    return { kind: 'output', output: fileOutput(files, real), path: real }
  } catch (error) {
    throw failure('create', target, error)
  }
}

/** Appends to a file that is open. A file removed meanwhile swallows what is written, as an unlinked inode would. */
function fileOutput(files: FileSystem, path: string): Output {
  return {
    async write(chunk) {
      if (files.exists(path)) files.append(path, chunk)
    },
    close: () => undefined,
  }
}

function deviceInput(name: DeviceName, table: Descriptors, state: ShellState): Input {
  if (name === 'zero' || name === 'full') return new Input(async () => new Uint8Array(4096))
  if (name === 'random') return new Input(async () => randomBytes(state.machine.random, 4096))
  const standard = name === 'stdin' || name === 'tty' ? table.get(0) : undefined
  return standard?.kind === 'input' ? standard.input : emptyInput()
}

function deviceOutput(name: DeviceName, table: Descriptors): Output {
  if (name === 'full')
    return { write: () => Promise.reject(new FileError('ENOSPC', '/dev/full')), close: () => undefined }
  const standard = name === 'stderr' ? table.get(2) : name === 'stdout' || name === 'tty' ? table.get(1) : undefined
  return standard?.kind === 'output' ? standard.output : discard
}

/** dash says `nonexistent` of what it cannot open because a directory or the file is missing. */
function failure(verb: 'open' | 'create', target: string, error: unknown): unknown {
  if (!(error instanceof FileError)) return error
  const missing = verb === 'open' ? 'No such file' : 'Directory nonexistent'
  return new ShellFailure(`cannot ${verb} ${target}: ${error.code === 'ENOENT' ? missing : error.message}`, 2)
}
