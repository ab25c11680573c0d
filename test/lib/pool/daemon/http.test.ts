import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it, test } from 'vitest'
import { RawConnection } from '../../../support/raw-http.js'
import { serviceBench } from './service-bench.js'

const open = serviceBench()
const ALLOCATE = { template_vmid: 9009 }

describe('a path', () => {
  it('that is asked in a wrong way says which way is right', async () => {
    const { ask } = await open()
    const wrong = async (path: string, method: string) => {
      const { status, headers } = await ask(path, { method })
      return [status, headers.get('allow')]
    }
    expect(await wrong('/allocate', 'GET')).toEqual([405, 'POST'])
    expect(await wrong('/status', 'DELETE')).toEqual([405, 'GET'])
    expect(await wrong('/containers/200', 'PUT')).toEqual([405, 'DELETE'])
    expect(await wrong('/release/200?a=b', 'PATCH')).toEqual([405, 'POST'])
    expect(await wrong('/status', 'OPTIONS')).toEqual([405, 'GET'])
  })

  it.each(['/nowhere', '/status/', '/../etc/passwd', '/release/200/more', '/%2e%2e/status', '//status'])(
    '%s is not there',
    async (path) => {
      const { port } = await open()
      const connection = await RawConnection.plain(port)
      connection.request([`GET ${path} HTTP/1.1`, 'Host: localhost'])
      const { statusLine, body } = await connection.answer()
      expect(statusLine).toContain('404')
      expect(JSON.parse(body.toString())).toEqual({
        detail: 'There is no such path',
        code: 'not-found',
        hint: expect.stringContaining('PVE_POOL_URL'),
      })
      connection.destroy()
    },
  )

  it('with broken percent signs is a bad request', async () => {
    const { port } = await open()
    const connection = await RawConnection.plain(port)
    connection.request(['GET /release/%zz HTTP/1.1', 'Host: localhost'])
    const { statusLine, body } = await connection.answer()
    expect(statusLine).toContain('400')
    expect(JSON.parse(body.toString())).toMatchObject({ code: 'invalid' })
    connection.destroy()
  })
})

describe('a request id', () => {
  it('that the caller brings goes through to the pool and comes back', async () => {
    const { ask, pool, lines } = await open()
    const options = { method: 'POST', body: ALLOCATE, headers: { 'x-request-id': 'job-17.a' } }
    const { headers } = await ask('/allocate', options)
    expect(headers.get('x-request-id')).toBe('job-17.a')
    expect(pool.callers[0]?.requestId).toBe('job-17.a')
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ reqId: 'job-17.a', route: '/allocate', status: 200 }),
    )
  })

  it.each(['two words', 'x'.repeat(65), '{"a":1}'])('%s is replaced', async (given) => {
    const { ask } = await open()
    const { headers } = await ask('/status', { headers: { 'x-request-id': given } })
    expect(headers.get('x-request-id')).toBe('request-1')
  })
})

describe('a body', () => {
  it('of more than 64 KiB is refused, with or without a length', async () => {
    const { ask, url, pool } = await open()
    const body = JSON.stringify({ ...ALLOCATE, metadata: { big: 'x'.repeat(64 * 1024) } })
    expect(await ask('/allocate', { method: 'POST', body })).toMatchObject({ status: 413 })
    const stream = new Blob([body]).stream()
    const chunked = { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': 'application/json' } }
    const response = await fetch(`${url}/allocate`, chunked as RequestInit)
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ code: 'invalid' })
    expect(pool.requests).toEqual([])
  })

  it('that is announced with 10 MB is refused before it is sent', async () => {
    const { port } = await open()
    const connection = await RawConnection.plain(port)
    const length = `Content-Length: ${10 * 1024 * 1024}`
    connection.request(['POST /allocate HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', length], '{')
    expect((await connection.answer()).statusLine).toContain('413')
    await connection.closed()
  })

  it.each([
    ['deep JSON', `${'['.repeat(30_000)}${']'.repeat(30_000)}`],
    ['deep JSON in a field', `{"template_vmid":9009,"metadata":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`],
    ['half of a text', '{"template_vmid":"\ud800'],
    ['a prototype', '{"template_vmid":9009,"__proto__":{"start":false}}'],
    ['a constructor', '{"template_vmid":9009,"constructor":{"prototype":{"a":1}}}'],
    [
      'many tags',
      JSON.stringify({
        ...ALLOCATE,
        metadata: Object.fromEntries(Array.from({ length: 4000 }, (_, n) => [`t${n}`, ''])),
      }),
    ],
    ['no time to wait', JSON.stringify({ ...ALLOCATE, timeout_seconds: 0 })],
    ['a huge number', '{"template_vmid":1e400}'],
    ['a very long number', `{"template_vmid":${'9'.repeat(10_000)}}`],
    ['a name that breaks lines', '{"template_vmid":9009,"metadata":{"a\\r\\nb":1}}'],
  ])('of %s is answered with 422 and a short list', async (_name, body) => {
    const { ask, pool } = await open()
    const { status, text, json } = await ask('/allocate', { method: 'POST', body })
    expect(status).toBe(422)
    expect(json).toMatchObject({ detail: expect.any(Array), code: 'invalid' })
    expect(text.length).toBeLessThan(4096)
    expect(pool.requests).toEqual([])
  })

  it.each([
    [
      '{"template_vmid":9009,"metadata":{"__proto__":"x"}}',
      'The names __proto__ and constructor.prototype are not allowed',
    ],
    [
      '{"template_vmid":9009,"constructor":{"prototype":{}}}',
      'The names __proto__ and constructor.prototype are not allowed',
    ],
    ['{"template_vmid":9009,"__proto__":', 'The body is not JSON'],
  ])('of %s is answered with the reason', async (body, msg) => {
    const { ask } = await open()
    const { status, json } = await ask('/allocate', { method: 'POST', body })
    expect({ status, json }).toMatchObject({ status: 422, json: { detail: [{ loc: ['body'], msg }] } })
  })

  it('is never repeated in an answer or the log', async () => {
    const { ask, lines } = await open()
    const environment = { PASSWORD: 'swordfish\0' }
    const files = [{ path: 'swordfish', content: 'swordfish' }]
    const body = { ...ALLOCATE, instance_id: 7, environment, files, metadata: { a: { b: 'swordfish' } } }
    const { status, text } = await ask('/allocate', { method: 'POST', body })
    expect(status).toBe(422)
    expect(text + lines.join('')).not.toContain('swordfish')
  })
})

describe('what goes into a container', () => {
  it('is handed to the pool as bytes, modes and words', async () => {
    const { ask, pool } = await open()
    const files = [
      { path: '/etc/a', content: 'ä\n' },
      { path: '/etc/b', content_base64: 'AAEC', mode: '0600' },
    ]
    const more = {
      environment: { A: '1' },
      files,
      command: ['/bin/sh', '-c', 'true'],
      ttl_seconds: 60,
      timeout_seconds: 3,
    }
    expect((await ask('/allocate', { method: 'POST', body: { ...ALLOCATE, ...more } })).status).toBe(200)
    expect(pool.requests).toEqual([
      {
        template: 9009,
        start: true,
        timeout: 3000,
        ttlSeconds: 60,
        environment: { A: '1' },
        files: [
          { path: '/etc/a', content: Buffer.from('ä\n') },
          { path: '/etc/b', content: Buffer.from([0, 1, 2]), mode: 0o600 },
        ],
        command: ['/bin/sh', '-c', 'true'],
      },
    ])
  })

  it('needs it to be started', async () => {
    const { ask } = await open()
    const body = { ...ALLOCATE, command: ['true'] }
    expect((await ask('/allocate?start=false', { method: 'POST', body })).status).toBe(422)
  })
})

describe('a caller', () => {
  it('that leaves aborts its allocate, and nobody else’s', async () => {
    const { port, pool, ask } = await open()
    const left = new Promise<unknown>((resolve) => {
      pool.onAllocate = (request, { signal }) =>
        new Promise((answer, reject) => {
          if (request.instanceId === 'stays') return answer(pool.handOut(request, pool.callers[1] ?? expect.fail()))
          signal.addEventListener('abort', () => {
            reject(signal.reason)
            resolve(signal.reason)
          })
          socket.destroy()
        })
    })
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const body = JSON.stringify({ ...ALLOCATE, instance_id: 'leaves' })
    const head = ['POST /allocate HTTP/1.1', 'Host: localhost', 'Content-Type: application/json']
    socket.write([...head, `Content-Length: ${body.length}`, '', body].join('\r\n'))
    expect(await left).toMatchObject({ code: 'interrupted' })
    const stays = await ask('/allocate', { method: 'POST', body: { ...ALLOCATE, instance_id: 'stays' } })
    expect(stays.status).toBe(200)
    expect(pool.callers[1]?.signal.aborted).toBe(false)
  })

  it('that comes through a proxy needs a token: anybody may be behind it', async () => {
    const { ask } = await open()
    for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']) {
      const { status, text } = await ask('/pause', { method: 'POST', headers: { [name]: '192.0.2.7' } })
      expect([status, text]).toEqual([403, expect.stringContaining('not through a proxy')])
    }
  })

  it('is known by its address, also behind a proxy of this machine', async () => {
    const { ask, pool } = await open({ settings: { tokens: ['t'.repeat(16)] } })
    const headers = { authorization: `Bearer ${'t'.repeat(16)}` }
    await ask('/allocate', { method: 'POST', body: ALLOCATE, headers })
    await ask('/allocate', { method: 'POST', body: ALLOCATE, headers: { ...headers, 'x-forwarded-for': '192.0.2.7' } })
    expect(pool.callers.map(({ client }) => client)).toEqual(['127.0.0.1', '192.0.2.7'])
  })
})

test('an empty instance id guards against nothing, and is refused', async () => {
  const { ask } = await open()
  const calls = [
    ask('/release/200?instance_id=', { method: 'POST' }),
    ask('/containers/200?instance_id=', { method: 'DELETE' }),
    ask('/containers/200/renew', { method: 'POST', body: { ttl_seconds: 5, instance_id: '' } }),
  ]
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([422, 422, 422])
})
