import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { SshExecutor, type SshOptions } from '../../../src/lib/executor/ssh-executor.js'
import { resolveTarget } from '../../../src/lib/executor/ssh-target.js'
import type { SshSettings } from '../../../src/lib/settings/settings.js'
import { type ShellServer, startShellServer } from '../../support/shell-server.js'

/** A home folder with this ~/.ssh/config and the key that the server accepts as `id_lab`. */
function home(server: ShellServer, config: string): string {
  const path = join(server.folder, 'home')
  mkdirSync(join(path, '.ssh'), { recursive: true })
  writeFileSync(join(path, '.ssh/config'), config)
  copyFileSync(String(server.settings.keyFile), join(path, '.ssh/id_lab'))
  return path
}

function executor(settings: SshSettings, options: SshOptions): SshExecutor {
  const made = new SshExecutor(settings, options)
  onTestFinished(() => made.close())
  return made
}

test('an alias of ~/.ssh/config gives host, port, user and identity', async () => {
  const server = await startShellServer()
  const { port, fingerprint = '' } = server.settings
  const HOME = home(
    server,
    `Host lab\n  HostName 127.0.0.1\n  Port ${port}\n  User admin\n  IdentityFile ~/.ssh/id_lab\n`,
  )
  const alias = executor({ host: 'lab', fingerprint }, { environment: { HOME } })
  expect(alias.target).toBe('root@lab:22')
  expect((await alias.run(['echo', 'there'])).stdout).toBe('there\n')
  expect(alias.target).toBe(`admin@127.0.0.1:${port}`)
})

test('what the settings say wins over ~/.ssh/config, and root is the user where nobody says another', async () => {
  const server = await startShellServer()
  const HOME = home(server, 'Host lab\n  HostName pve.example\n  Port 2222\n  User admin\nHost other\n  Port 23\n')
  const settings = { host: 'lab', port: 22, user: 'root', keyFile: '/key', knownHostsFile: '/known' }
  expect(await resolveTarget(settings, 'node', { HOME })).toMatchObject({
    host: 'pve.example',
    port: 22,
    user: 'root',
    keyFile: '/key',
    knownHostsFiles: ['/known'],
    hostKeyNames: ['pve.example'],
  })
  expect(await resolveTarget({ host: 'other' }, 'node', { HOME })).toMatchObject({
    host: 'other',
    port: 23,
    user: 'root',
  })
})

test('HostKeyAlias, UserKnownHostsFile, IdentityAgent and IdentitiesOnly are honoured', async () => {
  const server = await startShellServer()
  const HOME = home(
    server,
    'Host lab\n  HostKeyAlias cluster\n  UserKnownHostsFile /a /b\n  GlobalKnownHostsFile /c\n  IdentityAgent /run/agent\n  IdentitiesOnly yes\n',
  )
  expect(await resolveTarget({ host: 'lab' }, 'node', { HOME, SSH_AUTH_SOCK: '/other' })).toMatchObject({
    hostKeyNames: ['cluster'],
    knownHostsFiles: ['/a', '/b', '/c'],
    agent: '/run/agent',
    identitiesOnly: true,
  })
})

test('a configuration that ssh does not understand is an error that says where', async () => {
  const server = await startShellServer()
  const HOME = home(server, 'Host *\n  NoSuchOption yes\n')
  await expect(resolveTarget({ host: 'lab' }, 'node', { HOME })).rejects.toMatchObject({
    code: 'not-configured',
    message: expect.stringMatching(/lab: .*\.ssh\/config/),
  })
})

test('a host that cannot be reached without its proxy says that the proxy is not used', async () => {
  const server = await startShellServer()
  const HOME = home(
    server,
    'Host lab\n  HostName 127.0.0.1\n  Port 1\n  ProxyJump bastion\n  IdentityFile ~/.ssh/id_lab\n',
  )
  await expect(executor({ host: 'lab' }, { environment: { HOME } }).run(['true'])).rejects.toMatchObject({
    code: 'unavailable',
    hint: expect.stringContaining('bastion'),
  })
})

test('a new host key is accepted where that was asked for, remembered, and told; from then on it is the known one', async () => {
  const server = await startShellServer()
  const { fingerprint, ...settings } = server.settings
  const knownHostsFile = join(server.folder, 'new', 'known_hosts')
  const told: string[] = []
  const options = { environment: {}, onNewHostKey: (text: string) => void told.push(text) }
  const accepting = { ...settings, knownHostsFile, acceptNewHostKey: true }
  await executor(accepting, options).run(['true'])
  expect(told).toEqual([expect.stringContaining(`${fingerprint}`)])
  expect(readFileSync(knownHostsFile, 'utf8')).toBe(`[127.0.0.1]:${settings.port} ${server.hostKey}\n`)
  await executor({ ...settings, knownHostsFile }, options).run(['true'])
  expect(told).toHaveLength(1)

  const other = await startShellServer()
  writeFileSync(knownHostsFile, `[127.0.0.1]:${other.settings.port} ${server.hostKey}\n`)
  const changed = { ...other.settings, fingerprint: undefined, knownHostsFile, acceptNewHostKey: true }
  const { fingerprint: _none, ...without } = changed
  await expect(executor(without, options).run(['true'])).rejects.toMatchObject({ code: 'untrusted' })
  expect(other.logins).toBe(0)
})

test('a host that does not let us in is not remembered', async () => {
  const server = await startShellServer()
  const { fingerprint: _pinned, ...settings } = server.settings
  const keyFile = join(server.folder, 'other')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', keyFile])
  const knownHostsFile = join(server.folder, 'known_hosts')
  const refused = executor({ ...settings, keyFile, knownHostsFile, acceptNewHostKey: true }, { environment: {} })
  await expect(refused.run(['true'])).rejects.toMatchObject({ code: 'unauthorised' })
  expect(() => readFileSync(knownHostsFile)).toThrow('ENOENT')
})
