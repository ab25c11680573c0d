import type { Connection, ServerChannel, Session } from 'ssh2'
import { runProgram } from '../guest/machine/execute.js'
import { inputFrom } from '../guest/machine/input.js'
import type { Machine } from '../guest/machine/machine.js'
import { outputTo } from '../guest/machine/output.js'
import { Killed, type Process } from '../guest/machine/process.js'
import { type ControllingTerminal, DEFAULT_PATH, type Streams } from '../guest/machine/program.js'
import { parseSignal } from '../guest/machine/signals.js'
import { terminal } from './terminal.js'

/** One session of a connection: a command or a shell, with or without a terminal. */
export function serveSession(
  session: Session,
  machine: Machine,
  environment: Readonly<Record<string, string>>,
  connection: Connection,
): void {
  const variables: Record<string, string> = { ...environment }
  let size: ControllingTerminal | undefined
  let process: Process | undefined
  session
    .on('env', (accept, _reject, { key, val }) => {
      if (/^(?:LANG|LC_\w+)$/.test(key)) variables[key] = val
      accept?.()
    })
    .on('pty', (accept, _reject, info) => {
      size = { columns: info.cols, rows: info.rows }
      variables['TERM'] = 'xterm'
      accept?.()
    })
    .on('window-change', (accept, _reject, info) => {
      if (size !== undefined) Object.assign(size, { columns: info.cols, rows: info.rows })
      accept?.()
    })
    .on('signal', (accept, _reject, { name }) => {
      const signal = parseSignal(name)
      if (process !== undefined && signal !== undefined) machine.processes.killTree(process, signal)
      accept?.()
    })
    .on('exec', (accept, _reject, { command }) => start(accept(), ['bash', '-c', command]))
    .on('shell', (accept) => start(accept(), ['bash']))

  function start(channel: ServerChannel, argv: readonly string[]): void {
    const run = runLogin(channel, { machine, argv, variables, size })
    process = run.process
    const hangUp = () => machine.processes.killTree(run.process, 'HUP')
    connection.once('close', hangUp)
    channel.once('close', hangUp)
    // A client that closes its channel with unread input never lets `close` through: its end of our output does.
    channel.once('finish', hangUp)
    channel.on('error', hangUp)
    void run.ended.then((status) => {
      connection.off('close', hangUp)
      channel.off('close', hangUp).off('finish', hangUp)
      const { reason } = run.process.signal
      if (reason instanceof Killed) channel.exit(reason.signal)
      else channel.exit(status)
      channel.end()
    })
  }
}

/** Runs root's login shell, which parses a command line once. */
function runLogin(
  channel: ServerChannel,
  login: {
    readonly machine: Machine
    readonly argv: readonly string[]
    readonly variables: Readonly<Record<string, string>>
    readonly size: ControllingTerminal | undefined
  },
): { readonly process: Process; readonly ended: Promise<number> } {
  const { machine, argv, variables, size } = login
  const program = machine.program('bash')
  if (program === undefined) throw new Error('the node has no shell')
  const environment = {
    LANG: 'en_US.UTF-8',
    ...variables,
    HOME: '/root',
    USER: 'root',
    LOGNAME: 'root',
    SHELL: '/bin/bash',
    PATH: DEFAULT_PATH,
  }
  const interrupt = () => {
    if (size?.onInterrupt !== undefined) return size.onInterrupt()
    for (const child of machine.processes.list())
      if (child.parent === found.process) machine.processes.killTree(child, 'INT')
    // One that waits for commands to be typed.
    if (found.process.handlers.has('INT')) found.process.deliver('INT')
  }
  const streams: Streams =
    size === undefined
      ? { stdin: inputFrom(channel), stdout: outputTo(channel), stderr: outputTo(channel.stderr) }
      : { ...terminal(channel, interrupt), tty: size }
  const ended = runProgram(
    machine,
    program,
    undefined,
    { argv, environment, cwd: '/root', uid: 0, gid: 0, umask: 0o022 },
    streams,
  )
  const process = machine.processes.get(machine.processes.lastPid)
  if (process === undefined) throw new Error('the shell did not start')
  const found = { process, ended: ended.catch((error: unknown) => failed(error, streams)) }
  return found
}

/** A defect of the simulator itself: the session ends, the server lives on. */
async function failed(error: unknown, streams: Streams): Promise<number> {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  await streams.stderr.write(Buffer.from(`simulator: ${text}\n`)).catch(() => undefined)
  return 255
}
