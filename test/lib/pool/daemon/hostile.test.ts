import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { burst } from '../../../support/daemon-burst.js'
import { RawConnection } from '../../../support/raw-http.js'
import { serviceBench } from './service-bench.js'

const open = serviceBench()
const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

/** A connection that has sent `text` and knows when it was closed. */
async function dribble(port: number, text: string) {
  const socket = connect(port, '127.0.0.1')
  sockets.push(socket)
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const closed = new Promise<string>((resolve) => {
    let answer = ''
    socket.on('data', (chunk: Buffer) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
  })
  socket.write(text)
  return { socket, closed }
}

describe('a client that dribbles its requests', () => {
  it('cannot keep others out: it is the one that has to go when there are too many', async () => {
    const { ask, port } = await open({ limits: { connections: 20 } })
    const slow = []
    for (let count = 0; count < 60; count++) slow.push(await dribble(port, 'GET /status HTTP/1.1\r\nHost: local'))
    for (let count = 0; count < 5; count++) expect((await ask('/status')).status).toBe(200)
    for (const { closed } of slow.slice(0, 30)) await closed
  })

  it('cannot do it with bodies either', async () => {
    const { ask, port } = await open({ limits: { connections: 10 } })
    const head =
      'POST /allocate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{'
    const slow = []
    for (let count = 0; count < 30; count++) slow.push(await dribble(port, head))
    expect((await ask('/health')).status).toBe(200)
    for (const { closed } of slow.slice(0, 10)) await closed
  })

  it('is cut off when its head or its body does not come in time', async () => {
    const { port } = await open({ limits: { head: 1_000, request: 1_500 } })
    const head = await dribble(port, 'GET /status HTTP/1.1\r\nHost: local')
    const body = await dribble(port, 'POST /gc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{')
    expect(await head.closed).toContain('408 Request Timeout')
    expect(await body.closed).toContain('408')
  })
})

describe('more connections than may be', () => {
  it('are told so when all of the others wait for an answer, and those get theirs', async () => {
    const { port, pool } = await open({ limits: { connections: 5 } })
    const waiting: (() => void)[] = []
    pool.onAllocate = (request, caller) =>
      new Promise((resolve) => {
        waiting.push(() => resolve(pool.handOut(request, caller)))
      })
    const body = '{"template_vmid":9009}'
    const text = `POST /allocate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const busy = await Promise.all(Array.from({ length: 5 }, () => dribble(port, text)))
    await expect.poll(() => waiting.length).toBe(5)
    const refused = await dribble(port, 'GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(await refused.closed).toMatch(/^HTTP\/1.1 503 .*Retry-After: 1.*Too many connections/is)
    for (const finish of waiting) finish()
    for (const { closed } of busy) expect(await closed).toContain('HTTP/1.1 200')
  })

  it('are told so, each of them, when they all come at once with a request', async () => {
    const { url, pool } = await open({ limits: { connections: 100 } })
    let finish: () => void = () => undefined
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    let working = 0
    pool.onAllocate = async (request, caller) => {
      if (++working === 100) finish()
      await finished
      return pool.handOut(request, caller)
    }
    const calls = Array.from({ length: 200 }, (_, index) => ({
      path: '/allocate',
      body: { template_vmid: 9009, instance_id: `vm-${index}` },
    }))
    const heard = await burst(url, calls)
    const refused = heard.filter(({ status }) => status !== 200)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.filter((one) => one.status !== 503 || one.retryAfter !== '1')).toEqual([])
  })
})

describe('what is not HTTP', () => {
  it.each([
    ['noise', '\x00\x01\x02\r\n\r\n', '400'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '400'],
    ['a made-up method', 'HACK /status HTTP/1.1\r\nHost: localhost\r\n\r\n', '400'],
    ['two lengths', 'POST /gc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', '400'],
    [
      'a length and chunks',
      'POST /gc HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      '400',
    ],
    ['a header in a header', 'GET /status HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n', '400'],
    ['a head of 64 KiB', `GET /status HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`, '431'],
    ['a URL of 64 KiB', `GET /${'x'.repeat(65_536)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, '431'],
    [
      'an upgrade',
      'GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n',
      '200',
    ],
    ['a tunnel', 'CONNECT 10.0.0.1:8006 HTTP/1.1\r\nHost: 10.0.0.1:8006\r\n\r\n', ''],
    [
      'a request for another server',
      'GET http://10.0.0.1/status HTTP/1.1\r\nHost: 10.0.0.1\r\nConnection: close\r\n\r\n',
      '403',
    ],
  ])('%s ends with a status and harms nobody', async (_name, text, status) => {
    const { ask, port } = await open()
    const { closed } = await dribble(port, text)
    expect((await closed).slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3)).toBe(status)
    expect((await ask('/status')).status).toBe(200)
  })
})

describe('thousands of requests on one connection', () => {
  it('are answered in order', async () => {
    const { port } = await open()
    const connection = await RawConnection.plain(port)
    const count = 2_000
    connection.send('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count))
    for (let index = 0; index < count; index++) expect((await connection.answer()).statusLine).toBe('HTTP/1.1 200 OK')
    connection.destroy()
  })

  it('end it when their answers are large and nobody reads them', async () => {
    const { ask, port } = await open()
    const count = 1_000
    const { socket, closed } = await dribble(port, '')
    socket.pause()
    socket.write('GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count))
    expect((await ask('/health')).status).toBe(200)
    socket.resume()
    const answers = (await closed).split('HTTP/1.1 200 OK').length - 1
    expect(answers).toBeLessThan(count / 10)
  })
})

describe('simultaneous allocates', () => {
  it('of a thousand callers are each answered, those that get none with a time to come back', async () => {
    const { pool, url } = await open()
    const { CmuxError } = await import('../../../../src/lib/errors.js')
    let left = 100
    pool.onAllocate = async (request, caller) => {
      if (left-- > 0) return pool.handOut(request, caller)
      throw new CmuxError('exhausted', 'All are taken', { data: { retryAfter: 9 } })
    }
    const statuses = await Promise.all(
      Array.from({ length: 1_000 }, async (_, index) => {
        const body = JSON.stringify({ template_vmid: 9009, instance_id: `i-${index}` })
        const headers = { 'content-type': 'application/json' }
        const response = await fetch(`${url}/allocate`, { method: 'POST', headers, body })
        await response.text()
        return response.status === 200 ? '200' : `${response.status} ${response.headers.get('retry-after')}`
      }),
    )
    expect(statuses.filter((status) => status === '200')).toHaveLength(100)
    expect(statuses.filter((status) => status === '503 9')).toHaveLength(900)
  })
})
