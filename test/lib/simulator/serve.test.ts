import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { get } from 'node:https'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startSimulator } from '../../../src/lib/simulator/serve.js'
import { startTestSimulator, type TestSimulator } from '../../support/simulator.js'

describe('a simulator on sockets', () => {
  let simulator: TestSimulator
  beforeAll(async () => {
    simulator = await startTestSimulator({ nodes: ['alpha', 'beta'] })
  })
  afterAll(() => simulator.close())

  /** With its certificate as the only one that is trusted. */
  const request = (path: string, token: { readonly id: string; readonly secret: string }) =>
    new Promise<unknown>((resolve, reject) => {
      const headers = { Authorization: `PVEAPIToken=${token.id}=${token.secret}` }
      get(`${simulator.url}/api2/json${path}`, { ca: simulator.certificate, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.on('end', () => resolve(JSON.parse(text)))
      }).on('error', reject)
    })

  const shell = async (node: string, command: string) => {
    const { host, port } = simulator.shells.get(node) ?? simulator.ssh
    const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'IdentitiesOnly=yes']
    const argv = [
      '-F',
      'none',
      '-i',
      simulator.keyFile,
      '-p',
      String(port),
      ...options.flatMap((option) => ['-o', option]),
    ]
    const { stdout } = await promisify(execFile)('ssh', [...argv, `root@${host}`, command])
    return stdout
  }

  test('shows a certificate of its node for the loopback addresses, with the fingerprint that it tells', () => {
    const certificate = new X509Certificate(simulator.certificate)
    expect(certificate.fingerprint256).toBe(simulator.fingerprint)
    expect(certificate.subject).toContain('CN=alpha')
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
    for (const host of ['localhost', 'alpha']) expect(certificate.checkHost(host)).toBe(host)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
  })

  test('answers root, and a token without rights as one', async () => {
    expect(await request('/nodes/beta/lxc', simulator.token)).toEqual({ data: [] })
    expect(await request('/nodes', simulator.token)).toMatchObject({
      data: [{ node: 'alpha', ssl_fingerprint: simulator.fingerprint, maxcpu: expect.any(Number) }, { node: 'beta' }],
    })
    expect(await request('/access/permissions', simulator.lowToken)).toEqual({ data: {} })
  })

  test('has a shell on every node', async () => {
    expect(await shell('alpha', 'hostname')).toBe('alpha\n')
    expect(await shell('beta', 'hostname')).toBe('beta\n')
  })

  test('tells a shell what it needs', () => {
    expect(simulator.environmentVariables).toEqual({
      PVE_API_URL: simulator.url,
      PVE_API_TOKEN: `root@pam!cmux=${simulator.token.secret}`,
      PVE_TLS_FINGERPRINT: simulator.fingerprint,
      PVE_NODE: 'alpha',
      PVE_STORAGE: 'local-lvm',
      PVE_OSTEMPLATE: expect.stringMatching(/^local:vztmpl\/debian-12/),
      PVE_SSH_HOST: `root@127.0.0.1:${simulator.ssh.port}`,
      PVE_SSH_HOST_FINGERPRINT: simulator.ssh.fingerprint,
      PVE_SSH_KEY: simulator.keyFile,
      PVE_SSH_KNOWN_HOSTS: simulator.knownHostsFile,
    })
  })

  test('a port that is taken is an error, and nothing stays behind', async () => {
    const port = Number(new URL(simulator.url).port)
    await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE', port })
    await expect(startSimulator({ sshPort: simulator.ssh.port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})

test('a simulator that was closed answers no more', async () => {
  const simulator = await startTestSimulator()
  await simulator.close()
  await expect(
    new Promise((resolve, reject) => get(simulator.url, { rejectUnauthorized: false }, resolve).on('error', reject)),
  ).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
