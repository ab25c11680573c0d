import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { expect, onTestFinished, test } from 'vitest'
import { SshExecutor } from '../../../src/lib/executor/ssh-executor.js'
import type { SshSettings } from '../../../src/lib/settings/settings.js'
import { newKeyPair } from '../../../src/lib/simulator/ssh/host-key.js'
import { type ShellServer, startShellServer } from '../../support/shell-server.js'

/** Runs `true` with changed settings; resolves with its exit code. */
async function run(settings: SshSettings): Promise<number> {
  const executor = new SshExecutor(settings, { environment: {} })
  onTestFinished(() => executor.close())
  return (await executor.run(['true'])).exitCode
}

/** The same settings with a known_hosts file in place of the pinned fingerprint. */
function withKnownHosts(server: ShellServer, lines: readonly string[]): SshSettings & { knownHostsFile: string } {
  const { fingerprint: _pinned, ...settings } = server.settings
  const knownHostsFile = join(server.folder, 'known_hosts')
  writeFileSync(knownHostsFile, lines.map((line) => `${line}\n`).join(''))
  return { ...settings, knownHostsFile }
}

function otherKey(): string {
  const key = ssh2.utils.parseKey(newKeyPair().public)
  if (key instanceof Error) throw key
  return `ssh-ed25519 ${key.getPublicSSH().toString('base64')}`
}

const nameOf = (server: ShellServer) => `[127.0.0.1]:${server.settings.port}`

test('a pinned host key is enough', async () => {
  const server = await startShellServer()
  expect(await run(server.settings)).toBe(0)
})

test('a host key other than the pinned one is refused before any login', async () => {
  const server = await startShellServer()
  const fingerprint = `SHA256:${'A'.repeat(43)}`
  await expect(run({ ...server.settings, fingerprint })).rejects.toMatchObject({
    code: 'untrusted',
    exitCode: 4,
    message: expect.stringContaining(String(server.settings.fingerprint)),
  })
  expect(server.logins).toBe(0)
})

test('a host that known_hosts holds for this port is trusted', async () => {
  const server = await startShellServer()
  expect(await run(withKnownHosts(server, [`${nameOf(server)} ${server.hostKey}`]))).toBe(0)
})

test('a host that known_hosts holds without a port is trusted on any port, as OpenSSH does', async () => {
  const server = await startShellServer()
  expect(await run(withKnownHosts(server, [`127.0.0.1 ${server.hostKey}`]))).toBe(0)
})

test('a hashed known_hosts works', async () => {
  const server = await startShellServer()
  const settings = withKnownHosts(server, [`${nameOf(server)} ${server.hostKey}`])
  execFileSync('ssh-keygen', ['-H', '-f', settings.knownHostsFile], { stdio: 'ignore' })
  expect(await run(settings)).toBe(0)
})

test('an unknown host is refused before any login; the error holds its fingerprint and both remedies', async () => {
  const server = await startShellServer()
  const settings = withKnownHosts(server, [])
  await expect(run(settings)).rejects.toMatchObject({
    code: 'untrusted',
    message: expect.stringContaining(`ssh-ed25519 ${server.settings.fingerprint}`),
    hint: expect.stringMatching(
      /PVE_SSH_HOST_FINGERPRINT=SHA256:\S+ into \.env.*ssh-keyscan -p \d+ 127\.0\.0\.1 >> .*known_hosts/,
    ),
  })
  expect(server.logins).toBe(0)
})

test('a changed key is refused before any login, naming the line that it contradicts', async () => {
  const server = await startShellServer()
  const settings = withKnownHosts(server, ['# a comment', `${nameOf(server)} ${otherKey()}`])
  await expect(run(settings)).rejects.toMatchObject({
    code: 'untrusted',
    message: expect.stringContaining('known_hosts line 2'),
    hint: expect.stringContaining(`ssh-keygen -R '${nameOf(server)}'`),
  })
  expect(server.logins).toBe(0)
})

test('one of several known keys is enough, a revoked one never is', async () => {
  const server = await startShellServer()
  const name = nameOf(server)
  expect(await run(withKnownHosts(server, [`${name} ${otherKey()}`, `${name} ${server.hostKey}`]))).toBe(0)
  const revoked = withKnownHosts(server, [`${name} ${server.hostKey}`, `@revoked ${name} ${server.hostKey}`])
  await expect(run(revoked)).rejects.toMatchObject({ code: 'untrusted' })
})

test("a certificate authority's key does not stand for the host's", async () => {
  const server = await startShellServer()
  const settings = withKnownHosts(server, [`@cert-authority ${nameOf(server)} ${server.hostKey}`])
  await expect(run(settings)).rejects.toMatchObject({ code: 'untrusted' })
})
