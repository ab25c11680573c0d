import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { CmuxError } from '../../src/lib/errors.js'
import { PoolClient } from '../../src/lib/pool/client.js'
import { TEMPLATE } from '../lib/pool/daemon/fake-pool.js'
import { type BenchOptions, serviceBench } from '../lib/pool/daemon/service-bench.js'
import { CADDYFILE, startCaddy } from './caddy-process.js'

const run = promisify(execFile)
const TOKEN = 'a-token-for-the-callers'

const open = serviceBench()

/** The daemon's service, Caddy in front of it, and a client that comes through both. */
async function behindCaddy(options: BenchOptions = { settings: { tokens: [TOKEN] } }) {
  const bench = await open(options)
  const caddy = await startCaddy(`127.0.0.1:${bench.port}`)
  const client = new PoolClient({ url: `${caddy.url}/pool`, token: TOKEN, ca: caddy.ca })
  onTestFinished(async () => {
    await client.close()
    await caddy.close()
  })
  return { ...bench, caddy, client }
}

test('is a valid Caddyfile, written as Caddy itself would write it', async () => {
  // Even to look at a file it makes folders at home.
  const home = mkdtempSync(join(tmpdir(), 'cmux-caddy-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  const env = { PATH: process.env['PATH'], HOME: home }
  await expect(
    run('caddy', ['validate', '--adapter', 'caddyfile', '--config', CADDYFILE], { env }),
  ).resolves.toBeDefined()
  expect((await run('caddy', ['fmt', CADDYFILE], { env })).stdout).toBe(readFileSync(CADDYFILE, 'utf8'))
})

test('puts the pool under /pool, with TLS', async () => {
  const { client, pool, caddy } = await behindCaddy()
  const allocation = await client.allocate(TEMPLATE, { instanceId: 'web-1' })
  expect(allocation).toMatchObject({ vmid: 200, hostname: 'web-1' })
  expect(await client.list()).toMatchObject([{ vmid: 200, hostname: 'web-1', state: 'claimed' }])
  await client.release(200, { instanceId: 'web-1' })
  expect(pool.calls).toContain('release 200 web-1')

  const elsewhere = new PoolClient({ url: `${caddy.url}/other`, token: TOKEN, ca: caddy.ca })
  onTestFinished(() => elsewhere.close())
  await expect(elsewhere.status()).rejects.toMatchObject({ data: { status: 404 } })
})

test('passes the token on and nothing by without it', async () => {
  const { caddy } = await behindCaddy()
  const stranger = new PoolClient({ url: `${caddy.url}/pool`, ca: caddy.ca })
  onTestFinished(() => stranger.close())
  await expect(stranger.status()).rejects.toMatchObject({ code: 'unauthorised' })
})

test('opens nothing to the world when the daemon was left without a token', async () => {
  const { port } = await open()
  const caddy = await startCaddy(`127.0.0.1:${port}`, 'pool.test')
  onTestFinished(() => caddy.close())
  const { host, hostname } = new URL(caddy.url)
  const asked = get({
    host: '127.0.0.1',
    port: new URL(caddy.url).port,
    path: '/pool/status',
    servername: hostname,
    headers: { host },
    ca: caddy.ca,
    agent: false,
  })
  const [answer] = await once(asked, 'response')
  expect(answer.statusCode).toBe(403)
  answer.destroy()
})

test('lets the daemon know at once that a caller has left', async () => {
  const { client, pool } = await behindCaddy()
  const leaving = new AbortController()
  const left = new Promise<void>((resolve) => {
    pool.onAllocate = async (_request, { signal }) => {
      leaving.abort(new CmuxError('interrupted', 'gone'))
      await once(signal, 'abort')
      resolve()
      throw signal.reason
    }
  })
  await expect(client.allocate(TEMPLATE, { signal: leaving.signal })).rejects.toThrow('gone')
  await left
})

test('refuses a body that is too large', async () => {
  const { client } = await behindCaddy()
  const files = [{ path: '/x', content: new Uint8Array(100_000) }]
  await expect(client.allocate(TEMPLATE, { files })).rejects.toMatchObject({ code: 'invalid', data: { status: 413 } })
})
