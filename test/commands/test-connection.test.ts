import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../../src/lib/diagnosis/finding.js'
import { cmux } from '../support/cli.js'
import { openTestBench, type TestBench } from '../support/test-bench.js'

interface Envelope {
  readonly ok: boolean
  readonly data: { readonly findings: readonly Finding[] }
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string }
}

describe('test-connection', () => {
  let bench: TestBench
  beforeAll(async () => {
    bench = await openTestBench({ tokens: [{ id: 'ci@pve!old', secret: 'secret-of-the-old-one', expire: 1 }] })
    await bench.template(9000)
    await bench.container(9001)
  })
  afterAll(() => bench.close())

  async function diagnose(env: Record<string, string> = {}) {
    const result = await bench.run(['test-connection', '--json'], { env })
    const envelope = result.json() as Envelope
    return { ...result, ...envelope, failed: envelope.data.findings.filter(({ verdict }) => verdict === 'failed') }
  }

  test('finds nothing wrong where nothing is, and looks at every topic', async () => {
    const { exitCode, ok, data, failed } = await diagnose()
    expect({ exitCode, ok, failed }).toEqual({ exitCode: 0, ok: true, failed: [] })
    const topics = ['tls', 'token', 'version', 'privileges', 'nodes', 'storages', 'template', 'ssh']
    expect([...new Set(data.findings.map(({ topic }) => topic))]).toEqual(topics)
    expect(data.findings).toContainEqual(
      expect.objectContaining({
        subject: 'storage local-lvm (lvmthin)',
        detail: expect.stringMatching(/^holds containers, linked clones, snapshots; /),
      }),
    )
  })

  test('prints a line for each finding, for people', async () => {
    const { stdout } = await bench.run(['test-connection'])
    expect(stdout).toMatch(/^ok {7}token root@pam!cmux: accepted$/m)
    expect(stdout).toMatch(/^ok {7}pct on root@127.0.0.1:\d+: pct list works$/m)
  })

  test('says which settings are missing when there are none', async () => {
    const result = await cmux(['test-connection', '--json'])
    expect(result).toMatchObject({ exitCode: 4 })
    expect(result.json()).toMatchObject({
      ok: false,
      error: { code: 'not-configured', message: 'PVE_API_URL, PVE_API_TOKEN: not set', hint: expect.any(String) },
    })
  })

  test('prints a failure once, for people, and its exit code is the same as with --json', async () => {
    const { exitCode, stdout, stderr } = await bench.run(['test-connection'], { env: { PVE_NODE: 'pve9' } })
    expect(exitCode).toBe(5)
    expect(stdout.match(/PVE_NODE names a node that is not online/g)).toHaveLength(1)
    expect(stderr).not.toContain('PVE_NODE')
  })

  test('shows the fingerprint of a certificate that is not trusted, and the line that makes it so', async () => {
    const { PVE_TLS_FINGERPRINT: _, ...env } = bench.simulator.environmentVariables
    const result = await cmux(['test-connection', '--json'], { env })
    expect(result).toMatchObject({ exitCode: 4 })
    expect(result.json()).toMatchObject({
      error: {
        code: 'untrusted',
        message: expect.stringContaining(`self-signed; fingerprint ${bench.simulator.fingerprint}`),
        hint: expect.stringMatching(
          new RegExp(
            `pveproxy-ssl\\.pem \\(or pve-ssl\\.pem [\\s\\S]*PVE_TLS_FINGERPRINT=${bench.simulator.fingerprint}`,
          ),
        ),
      },
    })
  })

  test('says that a pinned certificate has changed', async () => {
    const { exitCode, error } = await diagnose({ PVE_TLS_FINGERPRINT: Array(32).fill('AB').join(':') })
    expect({ exitCode, ...error }).toMatchObject({
      exitCode: 4,
      code: 'untrusted',
      message: expect.stringContaining('not the one that was pinned'),
    })
  })

  test.each([
    ['a wrong token', 'root@pam!cmux=00000000-0000-0000-0000-000000000000'],
    ['an expired token', 'ci@pve!old=secret-of-the-old-one'],
  ])('%s is refused, and its secret is not shown', async (_, token) => {
    const { exitCode, error, stdout, stderr } = await diagnose({ PVE_API_TOKEN: token })
    expect({ exitCode, ...error }).toMatchObject({ exitCode: 4, code: 'unauthorised', hint: expect.any(String) })
    expect(stdout + stderr).not.toContain(token.split('=')[1])
  })

  test('a dead host is unavailable', async () => {
    const { exitCode, error } = await diagnose({ PVE_API_URL: `https://127.0.0.1:${await unusedPort()}` })
    expect({ exitCode, ...error }).toMatchObject({ exitCode: 1, code: 'unavailable' })
  })

  test('a host that accepts and never answers is given up after the time that was given', async () => {
    const { env } = await silentHost(bench)
    const result = await bench.run(['test-connection', '--timeout', '300ms', '--json'], { env })
    expect(result).toMatchObject({ exitCode: 124 })
    expect(result.json()).toMatchObject({
      error: { code: 'timeout', message: expect.stringContaining('did not answer the TLS handshake') },
    })
  })

  test.each([
    ['a node that does not exist', { PVE_NODE: 'pve9' }, 5, /PVE_NODE names a node that is not online/, /one of: pve1/],
    ['a storage that does not exist', { PVE_STORAGE: 'nope' }, 5, /PVE_STORAGE names a storage/, /local-lvm/],
    [
      'a container where a template is expected',
      { PVE_TEMPLATE_VMID: '9001' },
      6,
      /not a template/,
      /template convert/,
    ],
    ['a port where no sshd listens', { PVE_SSH_HOST: 'root@127.0.0.1:1' }, 1, /SSH root@127.0.0.1:1/, /./],
  ])('%s is a failure with a remedy', async (_, env, exitCode, message, hint) => {
    const result = await diagnose(env)
    expect(result).toMatchObject({
      exitCode,
      ok: false,
      error: { message: expect.stringMatching(message), hint: expect.stringMatching(hint) },
    })
    expect(result.failed).toHaveLength(1)
  })

  test('a template that does not exist yet is a warning, and ends with 0', async () => {
    const { exitCode, data } = await diagnose({ PVE_TEMPLATE_VMID: '9999' })
    expect(exitCode).toBe(0)
    expect(data.findings).toContainEqual(
      expect.objectContaining({ topic: 'template', verdict: 'warning', remedy: expect.any(String) }),
    )
  })

  test('a token without any right fails each privilege that is needed and names the command that grants it', async () => {
    const { id, secret } = bench.simulator.lowToken
    const { exitCode, failed } = await diagnose({ PVE_API_TOKEN: `${id}=${secret}` })
    expect(exitCode).toBe(4)
    const privileges = failed.filter(({ topic }) => topic === 'privileges')
    expect(privileges.map(({ subject }) => subject)).toContain('VM.Config.Options on /vms')
    for (const { remedy } of privileges) expect(remedy).toContain(`pveum acl modify`)
  })
})

/** A port of the loopback interface that nobody listens on. */
async function unusedPort(): Promise<number> {
  const { port, close } = await listen()
  close()
  return port
}

/** Accepts connections and says nothing. */
async function silentHost(bench: TestBench) {
  const { port, close } = await listen()
  onTestFinished(close)
  return { env: { ...bench.simulator.environmentVariables, PVE_API_URL: `https://127.0.0.1:${port}` } }
}

async function listen() {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { port: address.port, close: () => void server.close() }
}
