import { describe, expect, it } from 'vitest'
import { accessOf } from '../../../../src/lib/pool/daemon/access/access.js'
import { RawConnection } from '../../../support/raw-http.js'
import { serviceBench } from './service-bench.js'

const open = serviceBench()

const [YOUNG, OLD] = ['young-token-0123456789', 'old-token-0123456789ab']
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** The status of a request whose headers are given to the letter. */
async function raw(port: number, lines: readonly string[]): Promise<number> {
  const connection = await RawConnection.plain(port)
  connection.request(lines)
  const { statusLine } = await connection.answer()
  connection.destroy()
  return Number(statusLine.split(' ')[1])
}

describe('without a token', () => {
  it.each(['localhost', 'localhost:8007', '127.0.0.1', '127.0.0.1:1', '[::1]:8007', 'LOCALHOST:9', '127.1.2.3'])(
    'a request to %s is answered',
    async (host) => {
      const { port } = await open()
      expect(await raw(port, ['GET /status HTTP/1.1', `Host: ${host}`])).toBe(200)
    },
  )

  it.each([
    'evil.example',
    'evil.example:8007',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.evil.example',
    '[::2]',
    '10.0.0.1',
    'localhost@evil.example',
    '0x7f.1',
    '',
  ])('a request to "%s", as a page behind DNS rebinding sends it, is refused', async (host) => {
    const { port, pool } = await open()
    expect(await raw(port, ['GET /status HTTP/1.1', `Host: ${host}`])).toBe(403)
    expect(await raw(port, ['POST /release/200 HTTP/1.1', `Host: ${host}`, 'Content-Length: 0'])).toBe(403)
    expect(pool.calls).toEqual([])
  })

  it('a request without any Host is refused, in HTTP/1.0 too', async () => {
    const { port } = await open()
    expect(await raw(port, ['GET /status HTTP/1.1'])).toBe(400)
    expect(await raw(port, ['GET /status HTTP/1.0'])).toBe(403)
  })

  it.each([
    ['an Origin of elsewhere', { origin: 'https://evil.example' }],
    ['an Origin of another port', { origin: 'http://127.0.0.1:1' }],
    ['the Origin of a sandboxed frame', { origin: 'null' }],
    ['word of another site', { 'sec-fetch-site': 'cross-site' }],
    ['word of a neighbouring site', { 'sec-fetch-site': 'same-site' }],
  ])('%s is refused', async (_name, headers) => {
    const { ask, pool } = await open()
    const { status, json } = await ask('/drain', { method: 'POST', headers })
    expect(status).toBe(403)
    expect(json).toMatchObject({ code: 'forbidden' })
    expect(pool.mode).toBe('running')
  })

  it('the page of the service itself may ask', async () => {
    const { ask, url } = await open()
    const headers = { origin: url, 'sec-fetch-site': 'same-origin' }
    expect((await ask('/status', { headers })).status).toBe(200)
  })

  it('a body that a page can send without asking first is refused', async () => {
    const { ask, pool } = await open()
    const body = JSON.stringify({ template_vmid: 9009 })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const { status } = await ask('/allocate', { method: 'POST', body, headers: { 'content-type': type } })
      expect(status, type).toBe(415)
    }
    expect(pool.requests).toEqual([])
  })

  it('no address that others reach is listened on', () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.4', 'pve.example', '127.evil.example']) {
      const settings = { listen: { host, port: 8007 }, tokens: [] }
      expect(() => accessOf(settings), host).toThrow('needs a token')
      expect(accessOf({ ...settings, tokens: [YOUNG] }).kind).toBe('tokens')
    }
    expect(accessOf({ listen: { host: '::1', port: 8007 }, tokens: [] }).kind).toBe('loopback')
    expect(accessOf({ listen: { socket: '/run/a.sock' }, tokens: [] }).kind).toBe('socket')
  })
})

describe('with tokens', () => {
  it('either of two is good while they are being exchanged, for any Host', async () => {
    const { ask, port } = await open({ settings: { tokens: [YOUNG, OLD] } })
    for (const token of [YOUNG, OLD]) expect((await ask('/status', { headers: bearer(token) })).status).toBe(200)
    const lines = ['GET /status HTTP/1.1', 'Host: pool.example', `Authorization: bearer ${YOUNG}`]
    expect(await raw(port, lines)).toBe(200)
  })

  it.each([
    ['no token', {}],
    ['another token', bearer('young-token-0123456788')],
    ['the beginning of a token', bearer(YOUNG.slice(0, -1))],
    ['a token and more', bearer(`${YOUNG}x`)],
    ['two tokens in one', bearer(`${YOUNG},${OLD}`)],
    ['an empty token', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${YOUNG}` }],
  ])('with %s nothing is done, also from this machine', async (_name, headers) => {
    const { ask, pool } = await open({ settings: { tokens: [YOUNG, OLD] } })
    const body = { template_vmid: 9009 }
    const { status, json, headers: answered } = await ask('/allocate', { method: 'POST', body, headers })
    expect(status).toBe(401)
    expect(json).toMatchObject({ detail: 'A token is needed', code: 'unauthorised' })
    expect(answered.get('www-authenticate')).toContain('Bearer')
    expect(pool.requests).toEqual([])
  })

  it('guards every path but those that say nothing: health, readiness, the pages', async () => {
    const { ask } = await open({ settings: { tokens: [YOUNG] } })
    for (const path of ['/health', '/ready', '/', '/docs', '/openapi.json']) {
      expect((await ask(path)).status, path).toBe(200)
    }
    for (const path of ['/status', '/containers', '/plan', '/metrics', '/events', '/nowhere']) {
      expect((await ask(path)).status, path).toBe(401)
    }
    for (const path of ['/release/200', '/containers/200/renew', '/warm/9009', '/pause', '/resume', '/drain', '/gc']) {
      expect((await ask(path, { method: 'POST' })).status, path).toBe(401)
    }
  })

  it('the log never holds one', async () => {
    const { ask, lines } = await open({ settings: { tokens: [YOUNG] }, secrets: [YOUNG] })
    await ask(`/status?token=${YOUNG}`, { headers: { ...bearer(YOUNG), 'x-request-id': YOUNG } })
    await ask(`/${YOUNG}`, { headers: bearer(YOUNG) })
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.join('')).not.toContain(YOUNG)
  })
})

describe('an address that sends nothing but bad requests', () => {
  it('hears 429 after a while, and its good requests are answered as ever', async () => {
    const { ask, lines } = await open({ settings: { tokens: [YOUNG] }, limits: { failures: 5 } })
    for (let count = 0; count < 5; count++) expect((await ask('/status')).status).toBe(401)
    const logged = lines.length
    const { status, json, headers } = await ask('/status')
    expect(status).toBe(429)
    expect(json).toMatchObject({ detail: expect.any(String), code: 'exhausted' })
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(lines.length).toBe(logged)
    expect((await ask('/status', { headers: bearer(YOUNG) })).status).toBe(200)
  })

  it('is not one that asks for what is gone', async () => {
    const { ask } = await open({ limits: { failures: 2 } })
    for (let count = 0; count < 5; count++) expect((await ask('/release/999', { method: 'POST' })).status).toBe(404)
  })
})
