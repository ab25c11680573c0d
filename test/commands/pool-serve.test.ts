import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createPoolClient, type PoolClient } from '../../src/lib/pool/client.js'
import { cmux } from '../support/cli.js'
import { openTestBench, type TestBench } from '../support/test-bench.js'

const RUN = join(import.meta.dirname, '../../bin/run.js')
const TOKEN = 'token-0123456789abcdef'

let bench: TestBench
const children: ChildProcess[] = []
const clients: PoolClient[] = []

beforeAll(async () => {
  const never = { on: 'POST /nodes/*/lxc/9001/clone', times: 'always', do: 'delay', ms: 10_000_000 }
  bench = await openTestBench({ latency: 'instant', faults: [never] })
  await bench.template(9000)
  await bench.template(9001)
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => bench.close())

/** The built tool as a process; resolves once it listens. */
async function serve(env: Readonly<Record<string, string>> = {}, argv: readonly string[] = []) {
  const settings = {
    PVE_EXEC_MODE: '',
    POOL_PORT: '0',
    POOL_TEMPLATES: '9000:1',
    POOL_MIN_SIZE: '1',
    REPLENISH_INTERVAL_SECONDS: '1',
  }
  const child = spawn(process.execPath, ['--', RUN, 'pool', 'serve', ...argv], {
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], ...bench.simulator.environmentVariables, ...settings, ...env },
  })
  children.push(child)
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal)
  const log = text(child.stderr)
  const [line] = await Promise.race([once(child.stdout, 'data'), ended.then(async (code) => [`${code}: ${await log}`])])
  const url = /^Listening on (\S+)/.exec(String(line))?.[1]
  if (url === undefined) throw new Error(`It did not start: ${line}`)
  const client = createPoolClient({
    url,
    ...(env['POOL_TOKEN'] !== undefined && { token: env['POOL_TOKEN'].split(',')[0] ?? '' }),
  })
  clients.push(client)
  return { url, client, child, ended, log, pid: child.pid ?? 0 }
}

const ready = (client: PoolClient) =>
  expect.poll(async () => (await client.status()).templates[0]?.ready, { timeout: 15_000 }).toBe(1)

describe('pool serve', () => {
  it('keeps containers ready, hands them out, and leaves them alone when it is stopped', async () => {
    const { client, child, ended, log, pid, url } = await serve()
    await ready(client)
    await client.ready()
    const given = await client.allocate(9000, { instanceId: 'mine' })
    expect(given).toMatchObject({
      hostname: 'mine',
      instanceId: 'mine',
      template: 9000,
      fromPool: true,
      status: 'running',
    })
    expect(await client.allocate(9000, { instanceId: 'mine' })).toMatchObject({ vmid: given.vmid })
    const megabytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
    expect(megabytes).toBeLessThan(150)
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toMatch(
      /cmux_pool_api_call_seconds_count\{call="PUT \/nodes\/\{node\}\/lxc\/\{vmid\}\/config",outcome="200"\} \d/,
    )

    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    const lines = (await log).trimEnd().split('\n')
    expect(lines.at(-1)).toContain('"stopped"')
    const secret = bench.simulator.environmentVariables['PVE_API_TOKEN']?.split('=')[1] ?? expect.fail()
    expect(lines.join('\n')).not.toContain(secret)
    const entries = lines.map((line) => JSON.parse(line))
    expect(entries).toContainEqual(expect.objectContaining({ msg: 'allocated', instanceId: 'mine', vmid: given.vmid }))

    const next = await serve()
    await ready(next.client)
    expect(await next.client.allocate(9000, { instanceId: 'mine' })).toMatchObject({
      vmid: given.vmid,
      status: 'running',
    })
    expect(await next.client.release(given.vmid)).toMatchObject({ vmid: given.vmid, already: false })
  })

  it.each([
    ['--socket', 'none/pool.sock', 'There is no folder ', 'Make it'],
    ['--socket', 'plain', 'plain is there and is no socket', 'Name another one'],
    ['--socket', 'plain/pool.sock', 'plain is not a folder', 'Make it'],
  ])('says why there can be no such place: %s %s', async (flag, name, message, hint) => {
    const folder = mkdtempSync(join(tmpdir(), 'pool-place-'))
    writeFileSync(join(folder, 'plain'), 'precious')
    const place = join(folder, name)
    const env = { ...bench.simulator.environmentVariables, PVE_EXEC_MODE: '' }
    const [flagged, set] = await Promise.all([
      cmux(['pool', 'serve', flag, place], { env }),
      cmux(['pool', 'serve'], { env: { ...env, POOL_SOCKET: place } }),
    ])
    expect(readFileSync(join(folder, 'plain'), 'utf8')).toBe('precious')
    rmSync(folder, { recursive: true })
    for (const { stderr } of [flagged, set]) {
      expect(stderr).toContain(message)
      expect(stderr).toContain(`Hint: ${hint}`)
    }
    // What the command line says is a mistake in it; the other is one of the settings.
    expect([flagged.exitCode, set.exitCode]).toEqual([2, 4])
  })

  it('listens on a socket for its group, and asks for one of two tokens', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pool-serve-'))
    const socket = join(folder, 'pool.sock')
    const { url, client, child, ended } = await serve({ POOL_TOKEN: `${TOKEN},other-${TOKEN}` }, ['--socket', socket])
    expect(url).toBe(`unix:${socket}`)
    expect(statSync(socket).mode & 0o777).toBe(0o660)
    expect(await client.list()).toEqual(expect.any(Array))
    const stranger = createPoolClient({ url })
    clients.push(stranger)
    await expect(stranger.list()).rejects.toMatchObject({ code: 'unauthorised' })
    child.kill('SIGINT')
    expect(await ended).toBe(0)
    rmSync(folder, { recursive: true })
  })

  it('begins while Proxmox is away, alive and not ready', async () => {
    const { client, url } = await serve({ PVE_API_URL: 'https://127.0.0.1:1' })
    expect((await fetch(`${url}/health`)).status).toBe(200)
    await expect(client.ready()).rejects.toMatchObject({ data: { status: 503 } })
  })

  it('is not ready once it was told to stop, and ends at once when it is told again', async () => {
    const { url, client, child, ended } = await serve({ POOL_TEMPLATES: '9001:0', POOL_MIN_SIZE: '0' })
    await expect.poll(async () => (await client.status()).observedAt).toBeGreaterThan(0)
    const waiting = client.allocate(9001).catch(() => 'gone')
    await expect.poll(async () => (await client.status()).waiting).toBe(1)
    child.kill('SIGTERM')
    await expect.poll(async () => (await fetch(`${url}/ready`)).status).toBe(503)
    await expect(client.allocate(9001)).rejects.toMatchObject({ code: 'draining' })
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
    expect(await waiting).toBe('gone')
  })

  it('says what is wrong with its settings before it does anything', async () => {
    const run = async (env: Readonly<Record<string, string>>, ...argv: string[]) => {
      const environment = { ...bench.simulator.environmentVariables, ...env }
      const { exitCode, stderr } = await cmux(['pool', 'serve', ...argv], { env: environment })
      return { exitCode, stderr }
    }
    expect(await run({}, '--host', '0.0.0.0')).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('POOL_TOKEN'),
    })
    expect(await run({ POOL_PORT: '70000' })).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('POOL_PORT'),
    })
    expect(await run({ PVE_API_TOKEN: '' })).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('PVE_API_TOKEN'),
    })
  })
})
