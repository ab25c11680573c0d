import { FileError } from '../files/file-error.js'
import { absolute } from '../files/path.js'
import type { Machine } from './machine.js'
import { BrokenPipe, type Output } from './output.js'
import { Killed, type Process, type ProcessStart } from './process.js'
import { executable, findProgram, type Program, type ProgramContext, type Streams } from './program.js'

/** Why a command could not be started: the errno of execve. */
export type ExecFailure = 'ENOENT' | 'EACCES' | 'ENOEXEC'

export type Launch =
  | { readonly ok: true; readonly program: Program; readonly argv: readonly string[] }
  | { readonly ok: false; readonly failure: ExecFailure }

const MAX_INTERPRETERS = 4

/** Finds what a command line would run: the program, and argv with interpreters put in front of scripts. */
export function launch(machine: Machine, argv: readonly string[], start: ProcessStart): Launch {
  const files = machine.files.as(start)
  let words = argv
  for (let depth = 0; depth < MAX_INTERPRETERS; depth++) {
    const name = words[0] ?? ''
    const path = findProgram(files, name, start.environment['PATH'], start.cwd)
    if (path === undefined) return { ok: false, failure: 'ENOENT' }
    const node = files.find(path)
    if (node?.kind !== 'file' || !files.may(node, 1)) return { ok: false, failure: 'EACCES' }
    const found = executable(node)
    if (found.kind === 'program') {
      const program = machine.program(found.name)
      return program === undefined ? { ok: false, failure: 'ENOEXEC' } : { ok: true, program, argv: words }
    }
    if (found.kind === 'foreign') return { ok: false, failure: 'ENOEXEC' }
    const script = name.includes('/') ? name : absolute(path, start.cwd)
    words = [...(found.kind === 'script' ? found.interpreter : ['/bin/sh']), script, ...words.slice(1)]
  }
  return { ok: false, failure: 'ENOEXEC' }
}

/** Runs a program as a process of its own. Resolves with its status, at the latest when a signal has ended it. */
export async function runProgram(
  machine: Machine,
  program: Program,
  parent: Process | undefined,
  start: ProcessStart,
  streams: Streams,
): Promise<number> {
  const process = machine.processes.create(parent, start)
  try {
    const fault = machine.fault(start.argv.join(' '))
    if (fault?.ms !== undefined) await machine.clock.sleep(fault.ms, process.signal)
    if (fault?.do === 'kill') process.deliver('KILL')
    if (fault?.do === 'fail' || fault?.do === 'exit') {
      if (fault.message !== undefined) await streams.stderr.write(Buffer.from(`${fault.message}\n`))
      return fault.code ?? 1
    }
    return await untilKilled(process, () => program(programContext(machine, process, streams)))
  } catch (error) {
    if (!(error instanceof FileError)) return statusOfError(error, process)
    await streams.stderr.write(Buffer.from(`${start.argv[0]}: ${error.path}: ${error.message}\n`))
    return 1
  } finally {
    machine.processes.remove(process)
  }
}

/** Runs `body`, but ends at once when the process gets a signal: what it still does afterwards has no effect. */
export async function untilKilled<T>(process: Process, body: () => T | Promise<T>): Promise<T> {
  const { signal } = process
  signal.throwIfAborted()
  let onAbort = () => {}
  const killed = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([Promise.resolve(body()), killed])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** The exit status for an error that a program did not handle. */
export function statusOfError(error: unknown, process: Process): number {
  if (process.signal.reason instanceof Killed) return process.signal.reason.status
  if (error instanceof Killed) return error.status
  if (error instanceof BrokenPipe) return 141
  throw error
}

/** What a program sees. `argv` differs from the process's own when a shell runs it without a new process. */
export function programContext(
  machine: Machine,
  process: Process,
  streams: Streams,
  argv = process.argv,
): ProgramContext {
  const { stdin } = streams
  const stdout = guarded(streams.stdout, process)
  const stderr = guarded(streams.stderr, process)
  return {
    ...streams,
    stdin,
    stdout,
    stderr,
    argv,
    args: argv.slice(1),
    machine,
    process,
    files: machine.files.as(process),
    out: (text) => stdout.write(Buffer.from(text)),
    err: (text) => stderr.write(Buffer.from(text)),
    path: (text) => absolute(text, process.cwd),
    async run(command, overrides = {}) {
      const start: ProcessStart = {
        argv: command,
        environment: overrides.environment ?? process.environment,
        cwd: overrides.cwd ?? process.cwd,
        uid: overrides.uid ?? process.uid,
        gid: overrides.gid ?? process.gid,
        umask: process.umask,
      }
      const found = launch(machine, command, start)
      if (!found.ok) {
        await stderr.write(Buffer.from(`${argv[0]}: ${command[0]}: ${failureText(found.failure)}\n`))
        return failureStatus(found.failure)
      }
      const inherited = {
        stdin,
        stdout,
        stderr,
        ...(streams.tty === undefined ? {} : { tty: streams.tty }),
        ...overrides,
      }
      return runProgram(machine, found.program, process, { ...start, argv: found.argv }, inherited)
    },
  }
}

export function failureText(failure: ExecFailure): string {
  if (failure === 'ENOENT') return 'No such file or directory'
  return failure === 'EACCES' ? 'Permission denied' : 'Exec format error'
}

export function failureStatus(failure: ExecFailure): number {
  return failure === 'ENOENT' ? 127 : 126
}

/** An output that a killed process can no longer reach. */
function guarded(output: Output, process: Process): Output {
  return {
    async write(chunk) {
      process.signal.throwIfAborted()
      await output.write(chunk)
    },
    close: () => output.close(),
  }
}
