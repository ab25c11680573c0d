import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { SshEnvironment } from '../../../src/lib/executor/ssh-config.js'
import { SshExecutor } from '../../../src/lib/executor/ssh-executor.js'
import type { SshSettings } from '../../../src/lib/settings/settings.js'
import { type ShellServer, startShellServer } from '../../support/shell-server.js'

async function run(settings: SshSettings, environment: SshEnvironment = {}): Promise<number> {
  const executor = new SshExecutor(settings, { environment })
  onTestFinished(() => executor.close())
  return (await executor.run(['true'])).exitCode
}

function withoutKey({ settings }: ShellServer): SshSettings {
  const { keyFile: _key, ...rest } = settings
  return rest
}

function newKey(folder: string, passphrase = ''): string {
  const file = join(folder, 'other')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-f', file])
  return file
}

async function agent(folder: string, keyFile: string): Promise<SshEnvironment> {
  const socket = join(folder, 'agent')
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  onTestFinished(() => void child.kill())
  await expect.poll(() => listens(socket)).toBe(true)
  execFileSync('ssh-add', ['-q', keyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
  return { SSH_AUTH_SOCK: socket }
}

/** The socket is there a moment before somebody listens on it. */
function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => resolve(true))
    socket.once('connect', () => socket.destroy())
  })
}

test('a key that the node does not accept is unauthorised, and the error names the key and the remedy', async () => {
  const server = await startShellServer()
  const keyFile = newKey(server.folder)
  await expect(run({ ...server.settings, keyFile })).rejects.toMatchObject({
    code: 'unauthorised',
    message: expect.stringContaining(keyFile),
    hint: expect.stringContaining('ssh-copy-id'),
  })
})

test('the agent is asked when no key is set', async () => {
  const server = await startShellServer()
  const environment = await agent(server.folder, String(server.settings.keyFile))
  expect(await run(withoutKey(server), { ...environment, HOME: server.folder })).toBe(0)
})

test('an encrypted key, or the public half of one, works through the agent, which is then asked for no other key', async () => {
  const server = await startShellServer()
  const keyFile = join(server.folder, 'mine')
  copyFileSync(String(server.settings.keyFile), keyFile)
  chmodSync(keyFile, 0o600)
  writeFileSync(`${keyFile}.pub`, execFileSync('ssh-keygen', ['-y', '-f', keyFile]))
  const environment = await agent(server.folder, keyFile)
  for (const index of [1, 2, 3, 4, 5, 6, 7]) {
    const other = join(server.folder, `other${index}`)
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other])
    execFileSync('ssh-add', ['-q', other], { env: { ...process.env, ...environment } })
  }
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', keyFile])
  expect(await run({ ...server.settings, keyFile }, environment)).toBe(0)
  expect(await run({ ...server.settings, keyFile: `${keyFile}.pub` }, environment)).toBe(0)
  // The question whether the key would do, and the signature.
  expect(server.logins).toBeLessThanOrEqual(6)
})

test('the usual key files are tried when there is no agent', async () => {
  const server = await startShellServer()
  const home = join(server.folder, 'home')
  mkdirSync(join(home, '.ssh'), { recursive: true })
  copyFileSync(String(server.settings.keyFile), join(home, '.ssh', 'id_ecdsa'))
  chmodSync(join(home, '.ssh', 'id_ecdsa'), 0o600)
  expect(await run(withoutKey(server), { HOME: home })).toBe(0)
})

test('with nothing to log in with it says so before it connects', async () => {
  const server = await startShellServer()
  await expect(run(withoutKey(server), { HOME: server.folder })).rejects.toMatchObject({
    code: 'not-configured',
    hint: expect.stringContaining('PVE_SSH_KEY'),
  })
  expect(server.connections).toBe(0)
})

test.each([
  ['others can read it', (file: string) => chmodSync(file, 0o644)],
  ['it is encrypted', (file: string) => execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'secret', '-f', file])],
])('a key file is refused when %s', async (problem, spoil) => {
  const server = await startShellServer()
  const keyFile = newKey(server.folder)
  spoil(keyFile)
  await expect(run({ ...server.settings, keyFile })).rejects.toMatchObject({
    code: 'not-configured',
    message: expect.stringContaining(problem),
  })
})

test('a host that does not answer SSH is unavailable', async () => {
  const server = await startShellServer()
  await expect(run({ ...server.settings, port: 1 })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('127.0.0.1:1'),
  })
})
