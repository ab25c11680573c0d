import { Readable, Writable } from 'node:stream'
import type { ProgramContext } from '../../../guest/machine/program.js'
import { DEFAULT_PATH } from '../../../guest/machine/program.js'
import type { SignalName } from '../../../guest/machine/signals.js'
import type { SubCommand } from '../command-table.js'
import { ToolFailure, type ToolIo } from '../tool.js'
import { configOf, vmidOf } from './container.js'

/** PATH as every Proxmox tool sets it; it reaches the container through `--keep-env` (PVE-FACTS 7.1, 7.3). */
const TOOL_PATH = '/sbin:/bin:/usr/sbin:/usr/bin'
/** What `lxc-attach` takes out of the caller's environment. */
const DROPPED = ['SSL_CERT_FILE', 'SSL_CERT_DIR']

/** `pct exec`: argv goes to the container as it is (PVE-FACTS 7.3). */
export const exec: SubCommand = {
  name: 'exec',
  args: ['vmid', 'extra-args'],
  options: () => ({ 'keep-env': { type: 'boolean', optional: true, default: 1 } }),
  async run(parameters, io, argv) {
    const vmid = running(parameters['vmid'], io)
    if (argv.length === 0) throw new ToolFailure('missing command at /usr/share/perl5/PVE/CLI/pct.pm line 246.')
    return attach(vmid, argv, parameters['keep-env'] !== '0', io)
  },
}

/** `pct enter`: root's shell in the container. */
export const enter: SubCommand = {
  name: 'enter',
  args: ['vmid'],
  options: () => ({ 'keep-env': { type: 'boolean', optional: true, default: 1 } }),
  async run(parameters, io) {
    const vmid = running(parameters['vmid'], io)
    return attach(vmid, [await rootShell(vmid, io)], parameters['keep-env'] !== '0', io)
  },
}

/** `pct console`: Proxmox itself does not look whether the container runs. */
export const lxcConsole: SubCommand = {
  name: 'console',
  args: ['vmid'],
  options: () => ({ escape: { type: 'string', optional: true } }),
  async run(parameters, io) {
    const vmid = vmidOf(parameters['vmid'])
    configOf(vmid, io)
    if (!io.node.monitor.isRunning(vmid))
      throw new ToolFailure(`lxc-console: ${vmid}: ../src/lxc/tools/lxc_console.c: main: 129 ${vmid} is not running`, 1)
    return attach(vmid, [await rootShell(vmid, io)], true, io)
  },
}

function running(text: unknown, io: ToolIo): number {
  const vmid = vmidOf(text)
  configOf(vmid, io)
  if (!io.node.monitor.isRunning(vmid)) throw new ToolFailure(`container '${vmid}' not running!`)
  return vmid
}

async function attach(vmid: number, argv: readonly string[], keepEnvironment: boolean, io: ToolIo): Promise<number> {
  const { guests } = io.cluster
  if (!guests.isRunning(vmid)) {
    throw new ToolFailure(
      `lxc-attach: ${vmid}: ../src/lxc/attach.c: get_attach_context: 406 Connection refused - Failed to get init pid`,
      1,
    )
  }
  const { shell } = io
  const options = {
    ...streams(shell),
    environment: environment(shell, keepEnvironment),
    cwd: shell.process.cwd,
    signal: shell.process.signal,
    // For the node the command is of the same process group: what is sent to one reaches both, and sshd waits for the last.
    onSignals: (send: (signal: SignalName) => void) => {
      for (const signal of ['HUP', 'INT', 'TERM'] as const) shell.process.handlers.set(signal, () => send(signal))
    },
    ...(shell.tty === undefined ? {} : { tty: shell.tty }),
  }
  return guests.exec(vmid, argv, options)
}

function environment(shell: ProgramContext, keep: boolean): Readonly<Record<string, string>> {
  const lxc = { container: 'lxc', TERM: 'linux' }
  if (!keep) return { PATH: DEFAULT_PATH, ...lxc }
  const kept = Object.entries(shell.process.environment).filter(([name]) => !DROPPED.includes(name))
  return { ...Object.fromEntries(kept), PATH: TOOL_PATH, ...lxc }
}

/** The streams of a process as Node's, which is what a runtime of real containers needs. */
function streams(shell: ProgramContext): {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
} {
  const stdin = new Readable({
    read() {
      shell.stdin.read().then(
        (chunk) => this.push(chunk ?? null),
        () => this.push(null),
      )
    },
  })
  return { stdin, stdout: writable(shell.stdout), stderr: writable(shell.stderr) }
}

function writable(output: ProgramContext['stdout']): Writable {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      output.write(chunk).then(
        () => done(),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      )
    },
  })
  // The reader went away: the writer notices at its next write.
  return stream.on('error', () => undefined)
}

/** The shell that the container's passwd has for root. */
async function rootShell(vmid: number, io: ToolIo): Promise<string> {
  const passwd = await io.cluster.guests.readFile(vmid, '/etc/passwd').catch(() => Buffer.alloc(0))
  return /^root:.*:([^:\n]+)$/m.exec(Buffer.from(passwd).toString('utf8'))?.[1] ?? '/bin/sh'
}
