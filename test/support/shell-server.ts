import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type PseudoTtyInfo, type ServerChannel, type WindowChangeInfo } from 'ssh2'
import { onTestFinished } from 'vitest'
import type { SshSettings } from '../../src/lib/settings/settings.js'
import { newKeyPair } from '../../src/lib/simulator/ssh/host-key.js'

export interface ShellServer {
  /** Settings that reach it, with its host key pinned. */
  readonly settings: SshSettings
  readonly folder: string
  /** The host key as a line of known_hosts has it: type and base64. */
  readonly hostKey: string
  readonly connections: number
  /** How often a client tried to log in. */
  readonly logins: number
  /** The commands that were started, as processes of this machine. */
  readonly processes: readonly ChildProcess[]
  /** Command lines as they came. */
  readonly lines: readonly string[]
  readonly terminals: readonly (PseudoTtyInfo | WindowChangeInfo)[]
  /** Bytes of output that went into the connection. */
  readonly sent: number
  /** Cuts every connection without a word. */
  cut(): void
  /** From now on swallows everything in both directions: the connection stays open and is dead. */
  silence(): void
}

/** An sshd for tests whose login shell is the real `sh` of this machine, each command a process group of its own. */
export async function startShellServer(): Promise<ShellServer> {
  const folder = mkdtempSync(join(tmpdir(), 'cmux-shell-'))
  const host = newKeyPair()
  const client = newKeyPair()
  const keyFile = join(folder, 'id')
  writeFileSync(keyFile, client.private, { mode: 0o600 })
  const accepted = ssh2.utils.parseKey(client.public)
  const hostKey = ssh2.utils.parseKey(host.private)
  if (accepted instanceof Error || hostKey instanceof Error) throw new Error('no keys')
  const state = { connections: 0, logins: 0, sent: 0, silent: false }
  const processes: ChildProcess[] = []
  const lines: string[] = []
  const terminals: (PseudoTtyInfo | WindowChangeInfo)[] = []
  const sockets = new Set<Socket>()

  const server = new ssh2.Server({ hostKeys: [host.private] }, (connection) => {
    state.connections++
    connection.on('error', () => {})
    connection.on('authentication', (context) => {
      state.logins++
      const known = context.method === 'publickey' && context.key.data.equals(accepted.getPublicSSH())
      if (known) context.accept()
      else context.reject(['publickey'])
    })
    connection.on('session', (accept) => {
      const session = accept()
      session.on('pty', (acceptPty, _reject, info) => {
        terminals.push(info)
        acceptPty()
      })
      session.on('window-change', (acceptChange, _reject, info) => {
        terminals.push(info)
        acceptChange?.()
      })
      session.on('exec', (acceptExec, _reject, { command }) => {
        lines.push(command)
        processes.push(
          login(command, acceptExec(), (bytes) => {
            state.sent += bytes
          }),
        )
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // A relay in front, so that a test can make the line go dead.
  const relay = createServer((socket) => {
    const inner = connect((server.address() as AddressInfo).port, '127.0.0.1')
    for (const [from, to] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {}).on('close', () => to.destroy())
      from.on('data', (chunk) => {
        if (state.silent || to.write(chunk)) return
        from.pause()
        to.once('drain', () => from.resume())
      })
    }
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(async () => {
    cut()
    for (const { pid } of processes) killGroup(pid)
    await new Promise((resolve) => relay.close(resolve))
    await new Promise<void>((resolve) => server.close(() => resolve()))
    rmSync(folder, { recursive: true })
  })

  const fingerprint = `SHA256:${hash(hostKey.getPublicSSH())}`
  return {
    settings: { host: '127.0.0.1', port: (relay.address() as AddressInfo).port, user: 'root', keyFile, fingerprint },
    folder,
    hostKey: `ssh-ed25519 ${hostKey.getPublicSSH().toString('base64')}`,
    processes,
    lines,
    terminals,
    cut,
    silence() {
      state.silent = true
    },
    get connections() {
      return state.connections
    },
    get logins() {
      return state.logins
    },
    get sent() {
      return state.sent
    },
  }
}

function login(command: string, channel: ServerChannel, onSent: (bytes: number) => void): ChildProcess {
  // As sshd does: a session, and so a process group, of its own.
  const child = spawn('sh', ['-c', command], { detached: true })
  channel.on('error', () => {})
  channel.pipe(child.stdin)
  child.stdin.on('error', () => {})
  child.stdout.on('data', (chunk: Buffer) => onSent(chunk.length))
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  child.on('close', (code, signal) => {
    if (code === null) channel.exit((signal ?? 'SIGKILL').replace(/^SIG/, ''))
    else channel.exit(code)
    channel.end()
  })
  return child
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

const hash = (key: Buffer): string => createHash('sha256').update(key).digest('base64').replace(/=+$/, '')
