import { gunzipSync, inflateSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { refusalAnswer } from '../../../../src/lib/simulator/api/answer.js'
import { checkBody } from '../../../../src/lib/simulator/api/body-limits.js'
import { Refusal } from '../../../../src/lib/simulator/api/refusal.js'
import type { RequestHead } from '../../../../src/lib/simulator/api/request.js'
import type { AdmittedRequest, RequestHandler } from '../../../../src/lib/simulator/api/router.js'
import { selfSignedCertificate } from '../../../../src/lib/simulator/rest/certificate.js'
import { type RestServer, serveRest } from '../../../../src/lib/simulator/rest/server.js'
import { RawConnection } from '../../../support/raw-http.js'

/** Long enough for a request to come whole, short enough to wait for. */
const IDLE_MS = 300
let server: RestServer
let connection: RawConnection | undefined
const seen: { head: RequestHead; body: string }[] = []

/** Answers with what the path asks for. */
const handler: RequestHandler = {
  async admit(head) {
    try {
      checkBody(head)
      return { head, url: { format: 'json', path: head.url, query: '' }, caller: nobody }
    } catch (error) {
      if (error instanceof Refusal) return refusalAnswer(error)
      throw error
    }
  },
  async perform({ head }: AdmittedRequest, body) {
    seen.push({ head, body: body.toString() })
    const answer = { status: 200, reason: 'OK', headers: { 'Content-Type': 'text/plain' }, body: Buffer.from('fine') }
    if (head.url === '/drop') return 'drop'
    if (head.url === '/fails') return { ...answer, status: 500, reason: 'no such thing' }
    if (head.url === '/large') return { ...answer, body: Buffer.alloc(5000, 'x') }
    if (head.url === '/daemon') return { ...answer, proxied: true }
    return answer
  },
}
const nobody = { identity: { id: '', user: '' }, sentToken: false }

beforeAll(async () => {
  const certificate = await selfSignedCertificate('pve1')
  server = await serveRest({ router: handler, certificate, host: '127.0.0.1', port: 0, now: () => 0, idleMs: IDLE_MS })
})
afterAll(() => server.close())
afterEach(() => {
  connection?.destroy()
  seen.length = 0
})

async function open(): Promise<RawConnection> {
  connection = await RawConnection.tls(server.port)
  return connection
}

async function ask(lines: readonly string[], body = '') {
  const open_ = await open()
  open_.request(lines, body)
  return open_.answer()
}

test('a success has the whole set of headers in their order and keeps the connection', async () => {
  const answer = await ask(['GET /x HTTP/1.1', 'Host: x'])
  expect(answer.statusLine).toBe('HTTP/1.1 200 OK')
  expect(answer.headers).toEqual([
    ['Cache-Control', 'max-age=0'],
    ['Connection', 'Keep-Alive'],
    ['Date', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ['Pragma', 'no-cache'],
    ['Server', 'pve-api-daemon/3.0'],
    ['Content-Length', '4'],
    ['Content-Type', 'text/plain'],
    ['Expires', 'Thu, 01 Jan 1970 00:00:00 GMT'],
  ])
  expect(answer.body.toString()).toBe('fine')
  connection?.request(['GET /again HTTP/1.1'])
  expect((await connection?.answer())?.statusLine).toBe('HTTP/1.1 200 OK')
})

test('any status from 400 closes the connection', async () => {
  const answer = await ask(['GET /fails HTTP/1.1'])
  expect(answer.statusLine).toBe('HTTP/1.1 500 no such thing')
  expect(answer.header('Connection')).toBe('close')
  expect(await connection?.closed()).toBe('')
})

test('the answer of pvedaemon carries two Connection headers and the connection stays', async () => {
  const answer = await ask(['GET /daemon HTTP/1.1'])
  expect(answer.headers.filter(([name]) => name === 'Connection').map(([, value]) => value)).toEqual([
    'close',
    'Keep-Alive',
  ])
  connection?.request(['GET /x HTTP/1.1'])
  expect((await connection?.answer())?.statusLine).toBe('HTTP/1.1 200 OK')
})

test('the hundredth request of a connection is its last', async () => {
  const raw = await open()
  for (let count = 1; count <= 100; count++) {
    raw.request(['GET /x HTTP/1.1'])
    expect((await raw.answer()).header('Connection')).toBe(count === 100 ? 'close' : 'Keep-Alive')
  }
  expect(await raw.closed()).toBe('')
})

test('requests sent in one go are answered in turn, and empty lines before them are ignored', async () => {
  const raw = await open()
  raw.send('\r\nGET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n')
  await raw.answer()
  await raw.answer()
  expect(seen.map(({ head }) => head.url)).toEqual(['/a', '/b'])
})

test('Connection: close and HTTP/1.0 end the connection after the answer, which has the version of the request', async () => {
  expect((await ask(['GET /x HTTP/1.1', 'Connection: close'])).header('Connection')).toBe('close')
  const old = await ask(['GET /x HTTP/1.0'])
  expect(old.statusLine).toBe('HTTP/1.0 200 OK')
  expect(old.header('Connection')).toBe('close')
  expect((await ask(['GET /x HTTP/1.0', 'Connection: keep-alive'])).header('Connection')).toBe('Keep-Alive')
})

test('a dropped request ends the connection without a byte', async () => {
  const raw = await open()
  raw.request(['GET /drop HTTP/1.1'])
  expect(await raw.closed()).toBe('')
})

test.each([
  ['PATCH /x HTTP/1.1', "HTTP/1.1 501 method 'PATCH' not available", ''],
  ['HEAD /x HTTP/1.1', "HTTP/1.1 501 method 'HEAD' not available", ''],
  [
    'GET /x HTTP/2.0',
    'HTTP/1.0 506 http protocol version 2.0 not supported',
    'http protocol version 2.0 not supported',
  ],
  ['nonsense', 'HTTP/1.0 400 bad request', 'bad request'],
  ['GET user@host/x HTTP/1.1', 'HTTP/1.0 400 invalid url', 'invalid url'],
])('%s is refused', async (line, statusLine, body) => {
  const answer = await ask([line])
  expect(answer.statusLine).toBe(statusLine)
  expect(answer.body.toString()).toBe(body)
  expect(answer.header('Content-Type')).toBeUndefined()
})

test.each([
  [['GET /x HTTP/1.1', 'no colon'], '506 unable to parse request header'],
  [['POST /x HTTP/1.1', 'Transfer-Encoding: chunked'], '501 chunked transfer encoding not supported'],
  [['POST /x HTTP/1.1', 'Transfer-Encoding: gzip'], "501 Unknown transfer encoding 'gzip'"],
  [['DELETE /x HTTP/1.1', 'Content-Length: 3'], "501 Unexpected content for method 'DELETE'"],
  [['GET /x HTTP/1.1', 'Content-Length: 3'], "501 Unexpected content for method 'GET'"],
  [['POST /x HTTP/1.1', 'Content-Length: 524289'], '501 for data too large'],
  [
    ['POST /x HTTP/1.1', 'Content-Length: 3', 'Content-Type: text/plain;charset=UTF-8'],
    "506 upload 'Content-Type 'text/plain;charset=UTF-8' not implemented",
  ],
])('%j is refused', async (lines, status) => {
  const answer = await ask(lines, 'a=b')
  expect(answer.statusLine).toBe(`HTTP/1.1 ${status}`)
  expect(answer.body.toString()).toBe(status.slice(4))
  expect(await connection?.closed()).toBe('')
})

test('a body of the announced length reaches the handler, of 512 KiB too; a length of nought is fine with DELETE', async () => {
  const body = 'x'.repeat(512 * 1024)
  await ask(
    ['PUT /x HTTP/1.1', `Content-Length: ${body.length}`, 'Content-Type: application/json; charset=utf-8'],
    body,
  )
  await ask(['DELETE /x HTTP/1.1', 'Content-Length: 0'])
  expect(seen.map((one) => one.body.length)).toEqual([body.length, 0])
})

test('a header that goes on in the next line is one header', async () => {
  await ask(['GET /x HTTP/1.1', 'X-Long: one', '  two', 'Cookie: a', 'Cookie: b'])
  expect(seen[0]?.head.headers).toEqual({ 'x-long': 'one two', cookie: 'a, b' })
})

test('long bodies are compressed as the client likes, short ones and others are not', async () => {
  const zipped = await ask(['GET /large HTTP/1.1', 'Accept-Encoding: deflate, gzip'])
  expect(zipped.header('Content-Encoding')).toBe('gzip')
  expect(gunzipSync(zipped.body)).toHaveLength(5000)
  const deflated = await ask(['GET /large HTTP/1.1', 'Accept-Encoding: deflate'])
  expect(deflated.header('Content-Encoding')).toBe('deflate')
  expect(inflateSync(deflated.body)).toHaveLength(5000)
  expect((await ask(['GET /large HTTP/1.1'])).body).toHaveLength(5000)
  expect((await ask(['GET /x HTTP/1.1', 'Accept-Encoding: gzip'])).header('Content-Encoding')).toBeUndefined()
})

test.each([
  ['GET', '301 Moved Permanently'],
  ['HEAD', '301 Moved Permanently'],
  ['POST', '308 Permanent Redirect'],
])('%s in plain HTTP is sent to https', async (method, status) => {
  const raw = await RawConnection.plain(server.port)
  raw.request([`${method} /api2/json/version?a=b HTTP/1.1`, 'Host: pve1:8006'])
  const answer = await raw.answer()
  expect(answer.statusLine).toBe(`HTTP/1.1 ${status}`)
  expect(answer.headers).toEqual([['Location', 'https://pve1:8006/api2/json/version?a=b']])
  expect(await raw.closed()).toBe('')
})

test.each([
  ['64 header lines', Array.from({ length: 63 }, (_, index) => `X-${index}: 1`)],
  ['8 KiB of headers', [`X: ${'x'.repeat(8 * 1024)}`]],
])('%s are never answered', async (_, headers) => {
  const raw = await open()
  raw.request(['GET /x HTTP/1.1', ...headers])
  expect(await raw.closed()).toBe('')
  expect(seen).toEqual([])
})

test('62 header lines are answered', async () => {
  const headers = Array.from({ length: 62 }, (_, index) => `X-${index}: 1`)
  expect((await ask(['GET /x HTTP/1.1', ...headers])).statusLine).toBe('HTTP/1.1 200 OK')
})

test('a silent connection is ended', async () => {
  const raw = await open()
  const began = performance.now()
  await raw.closed()
  expect(performance.now() - began).toBeGreaterThan(IDLE_MS - 20)
})
