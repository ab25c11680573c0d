import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { CmuxError } from '../../../src/lib/errors.js'
import { createPoolClient, type PoolClientOptions } from '../../../src/lib/pool/client.js'
import { JumpingClock } from '../../support/jumping-clock.js'
import { SINCE } from './daemon/fake-pool.js'
import { serviceBench } from './daemon/service-bench.js'

const open = serviceBench()
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function client(options: PoolClientOptions) {
  const made = createPoolClient(options)
  stops.push(() => made.close())
  return made
}

/** A server that answers as it is told, and keeps what it was asked. */
async function server(answer: (request: IncomingMessage, response: ServerResponse, count: number) => void) {
  const asked: string[] = []
  const bodies: string[] = []
  const made = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    bodies.push(await text(request))
    answer(request, response, asked.length)
  })
  made.listen(0, '127.0.0.1')
  await once(made, 'listening')
  stops.push(() => {
    made.closeAllConnections()
    return new Promise<void>((resolve) => made.close(() => resolve()))
  })
  return { url: `http://127.0.0.1:${(made.address() as AddressInfo).port}`, asked, bodies }
}

const json = (response: ServerResponse, status: number, body: unknown, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))

describe('a client of a pool', () => {
  it('that is ready to wait less than a second asks for one whole second: there is nothing shorter', async () => {
    const { url, pool } = await open()
    await client({ url }).allocate(9009, { instanceId: 'hasty', timeout: 500 })
    expect(pool.requests).toMatchObject([{ timeout: 1000 }])
  })

  it('gives and gets everything that there is in the words of the library', async () => {
    const { url, pool } = await open()
    const ask = client({ url })
    const files = [{ path: '/etc/a', content: new Uint8Array([0, 255]), mode: 0o600 }]
    const wanted = {
      instanceId: 'mine',
      metadata: { a: 'b' },
      ttlSeconds: 60,
      files,
      command: ['true'],
      timeout: 5_000,
    }
    const given = await ask.allocate(9009, wanted)
    expect(given).toEqual({
      vmid: 200,
      node: 'pve1',
      hostname: 'mine',
      instanceId: 'mine',
      template: 9009,
      fromPool: true,
      tier: 'stopped',
      status: 'running',
      claimId: 'claim-200',
      expires: SINCE + 60,
      stages: { queue: 0, claim: 12, start: 340, inject: 0 },
    })
    expect(pool.requests[0]).toEqual({
      template: 9009,
      start: true,
      ...wanted,
      files: [{ ...files[0], content: Buffer.from([0, 255]) }],
    })
    expect(await ask.renew(200, { ttlSeconds: 90, instanceId: 'mine' })).toEqual({
      vmid: 200,
      instanceId: 'mine',
      expires: SINCE + 90,
    })
    expect(await ask.list()).toEqual(pool.list())
    expect(await ask.status()).toEqual(pool.status())
    expect(await ask.plan()).toEqual(await pool.plan())
    expect(await ask.warm(9009, 4)).toEqual({
      ...{ template: 9009, queued: 1, current: 3, target: 5 },
      ...{ asked: 4, possible: 4, max: 10, taken: 1 },
    })
    expect(await ask.collectGarbage({ act: true })).toMatchObject([{ vmid: 300, destroyed: true }])
    expect(await ask.release(200, { instanceId: 'mine' })).toEqual({
      vmid: 200,
      node: 'pve1',
      instanceId: 'mine',
      already: false,
    })
    expect(await ask.remove(200)).toEqual({ vmid: 200, node: 'pve1', instanceId: 'mine', already: false })
    await ask.ready()
    await ask.pause()
    expect(pool.mode).toBe('paused')
    await ask.resume()
    expect(pool.mode).toBe('running')
    await ask.drain(9009)
    expect(pool.mode).toBe('draining')
    expect(pool.calls).toEqual([
      'renew 200 90',
      'warm 9009 4',
      'gc true',
      'release 200 mine',
      'remove 200',
      'drain 9009',
    ])
  })

  it('shows its token', async () => {
    const token = 'token-0123456789abcdef'
    const { url } = await open({ settings: { tokens: [token] } })
    expect(await client({ url, token }).list()).toEqual([])
    await expect(client({ url }).list()).rejects.toMatchObject({ code: 'unauthorised', data: { status: 401 } })
  })

  it('finds it behind a socket in the file system', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pool-client-'))
    const socket = join(folder, 'a.sock')
    const { url } = await open({ settings: { listen: { socket } } })
    expect(await client({ url }).list()).toEqual([])
    rmSync(folder, { recursive: true })
  })

  it('keeps the path below which the pool stands', async () => {
    const { url, asked } = await server((_request, response) => json(response, 200, { containers: [] }))
    await client({ url: `${url}/a/pool/` }).list()
    expect(asked).toEqual(['GET /a/pool/containers'])
  })

  it('refuses what is no URL before anything is sent', () => {
    for (const url of ['', 'host:1', 'ftp://host']) {
      expect(() => createPoolClient({ url }), url).toThrow(expect.objectContaining({ code: 'not-configured' }))
    }
  })
})

describe('an error', () => {
  it('has the code, the sentence, the hint and the time that the daemon said', async () => {
    const { url, pool } = await open()
    const hint = 'Release some.'
    pool.onAllocate = async () =>
      Promise.reject(new CmuxError('exhausted', 'All are taken', { hint, data: { retryAfter: 12 } }))
    await expect(client({ url }).allocate(9009)).rejects.toMatchObject({
      code: 'exhausted',
      message: 'All are taken',
      hint,
      data: { status: 503, retryAfter: 12 },
    })
    await expect(client({ url }).release(999)).rejects.toMatchObject({ code: 'not-found' })
    await expect(client({ url }).allocate(9)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('template_vmid'),
    })
  })

  it('says when what answers is no pool', async () => {
    const { url } = await server((_request, response) => response.writeHead(404).end('<html>'))
    await expect(client({ url }).list()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no pool'),
    })
    const other = await server((_request, response) => json(response, 200, { hello: 'world' }))
    await expect(client({ url: other.url }).list()).rejects.toMatchObject({ code: 'failed' })
  })

  it('says that nobody is there, and where it looked', async () => {
    const clock = new JumpingClock()
    expect(() => client({ url: `unix:/${'ä'.repeat(54)}`, clock })).toThrow(/at most 107 bytes/)
    const error = await client({ url: 'unix:/nowhere/pool.sock', clock })
      .list()
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('/nowhere/pool.sock') })
    await expect(client({ url: 'http://127.0.0.1:1', clock }).list()).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('tells a proxy’s 502 from the pool’s own', async () => {
    const { url } = await server((_request, response) => response.writeHead(502).end('bad gateway'))
    await expect(client({ url, clock: new JumpingClock() }).list()).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('a lost answer', () => {
  const losing = (losses: number, status: number, body: unknown) =>
    server((request, response, count) => (count <= losses ? request.socket.destroy() : json(response, status, body)))

  it('is asked for again where that does no harm: an allocate has the same instance id', async () => {
    const { url, asked, bodies } = await server((request, response, count) => {
      if (count <= 2) return void request.socket.destroy()
      json(response, 409, { detail: 'another template', code: 'conflict' })
    })
    const clock = new JumpingClock()
    await expect(client({ url, clock }).allocate(9009)).rejects.toMatchObject({ code: 'conflict' })
    expect(asked).toEqual(Array(3).fill('POST /allocate?start=true'))
    expect(new Set(bodies).size).toBe(1)
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ instance_id: expect.stringMatching(/^pvelxc-[0-9a-f]{8}$/) })
  })

  it('of a warm is not: it may have been heard', async () => {
    const { url, asked } = await losing(1, 200, {})
    await expect(client({ url, clock: new JumpingClock() }).warm(9009)).rejects.toMatchObject({ code: 'unavailable' })
    expect(asked).toHaveLength(1)
  })

  it('is given up after the third time', async () => {
    const { url, asked } = await losing(9, 200, {})
    await expect(client({ url, clock: new JumpingClock() }).list()).rejects.toMatchObject({ code: 'unavailable' })
    expect(asked).toHaveLength(3)
  })

  it('is not asked for again when the daemon has refused', async () => {
    const { url, asked } = await server((_request, response) =>
      json(response, 503, { detail: 'full', code: 'exhausted' }),
    )
    await expect(client({ url }).allocate(9009)).rejects.toMatchObject({ code: 'exhausted' })
    expect(asked).toHaveLength(1)
  })
})

describe('a call', () => {
  it('that is given up ends at once, at the daemon as well', async () => {
    const { url, pool } = await open()
    const leaving = new AbortController()
    const ended = new Promise<unknown>((resolve) => {
      pool.onAllocate = (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason)
            resolve(signal.reason)
          })
          leaving.abort(new Error('enough'))
        })
    })
    await expect(client({ url }).allocate(9009, { signal: leaving.signal })).rejects.toThrow('enough')
    expect(await ended).toMatchObject({ code: 'interrupted' })
  })

  it('without an answer ends when its time is over', async () => {
    const clock = new JumpingClock()
    const { url } = await server(() => clock.advance(60_000))
    await expect(client({ url, clock }).list()).rejects.toMatchObject({ code: 'timeout' })
  })
})
