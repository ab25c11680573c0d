import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTransport, type Transport, type TransportLimits } from '../../../src/lib/pve/transport.js'
import { type ScriptedServer, scriptedServer } from '../../support/scripted-server.js'

let server: ScriptedServer
const open: Transport[] = []
const transport = (limits: Partial<TransportLimits> = {}, url = server.url): Transport => {
  const made = createTransport(url, { verify: true, fingerprint: server.certificate.fingerprint }, limits)
  open.push(made)
  return made
}
const get = { method: 'GET', path: '/api2/json/version', headers: { authorization: 'PVEAPIToken=a@b!c=d' } } as const

beforeEach(async () => {
  server = await scriptedServer()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()))
  await server[Symbol.asyncDispose]()
})

describe('an answer', () => {
  test('carries the reason phrase of the status line, which is all that a 401 or 596 says', async () => {
    server.on('GET /version', { status: 401, reason: 'Authentication failed!' })
    expect(await transport().send(get)).toMatchObject({ status: 401, reason: 'Authentication failed!', body: '' })
    server.on('GET /version', { status: 596, reason: 'Connection timed out' })
    expect(await transport().send(get)).toMatchObject({ status: 596, reason: 'Connection timed out', body: '' })
  })

  describe('with Connection headers', () => {
    const answer = (...values: readonly string[]) =>
      `HTTP/1.1 200 OK\r\nDate: x\r\n${values.map((value) => `Connection: ${value}\r\n`).join('')}Content-Length: 10\r\n\r\n{"data":1}`

    test.each([
      [
        'that say close and then Keep-Alive, as of every change, leaves the connection open',
        ['close', 'Keep-Alive'],
        1,
      ],
      ['that say close only closes the connection', ['close'], 2],
      ['that say close at last closes the connection', ['Keep-Alive', 'close'], 2],
    ])('%s', async (_, values, connections) => {
      const { cert, key, fingerprint } = server.certificate
      let seen = 0
      const laconic = createTlsServer({ cert, key }, (socket) => {
        seen++
        socket.on('data', () => socket.write(answer(...values)))
      }).listen(0, '127.0.0.1')
      await once(laconic, 'listening')
      const url = `https://127.0.0.1:${(laconic.address() as AddressInfo).port}`
      const carrier = createTransport(url, { verify: true, fingerprint })
      for (let index = 0; index < 2; index++) expect((await carrier.send(get)).body).toBe('{"data":1}')
      expect(seen).toBe(connections)
      await carrier.close()
      laconic.close()
    })

    test('takes nothing out of a body that quotes them', async () => {
      const quoted = JSON.stringify({ data: answer('close', 'Keep-Alive') })
      server.on('GET /version', { raw: `HTTP/1.1 200 OK\r\nContent-Length: ${quoted.length}\r\n\r\n${quoted}` })
      expect((await transport().send(get)).body).toBe(quoted)
    })
  })

  test('keeps UTF-8 that is split over packets whole', async () => {
    server.on('GET /version', { data: 'ü€😀'.repeat(50_000) })
    expect((await transport().send(get)).body).toBe(JSON.stringify({ data: 'ü€😀'.repeat(50_000) }))
  })

  test('larger than the limit is refused', async () => {
    server.on('GET /version', { data: 'x'.repeat(100_000) })
    await expect(transport({ answerSize: 50_000 }).send(get)).rejects.toMatchObject({ failure: 'too-large' })
  })
})

describe('a request', () => {
  test('with a body is sent with its length, never chunked', async () => {
    server.on('POST /nodes/pve1/lxc', { data: null })
    await transport().send({ method: 'POST', path: '/api2/json/nodes/pve1/lxc', headers: {}, body: 'a=ü' })
    expect(server.requests[0]?.headers).toMatchObject({ 'content-length': '4' })
    expect(server.requests[0]?.headers).not.toHaveProperty('transfer-encoding')
  })

  test('without parameters has an empty body, and DELETE has none', async () => {
    server.on('POST /x', { data: null }).on('DELETE /x', { data: null })
    const carrier = transport()
    await carrier.send({ method: 'POST', path: '/api2/json/x', headers: {}, body: '' })
    await carrier.send({ method: 'DELETE', path: '/api2/json/x?force=1', headers: {} })
    expect(server.requests.map(({ headers }) => headers['content-length'] ?? '0')).toEqual(['0', '0'])
    expect(server.requests.every(({ headers }) => headers['transfer-encoding'] === undefined)).toBe(true)
    expect(server.requests[1]?.parameters).toEqual({ force: '1' })
  })

  test('reuses the connection, and opens another one after an error closed it', async () => {
    server.on('GET /version', { data: 1 }, { data: 2 }, { status: 500, reason: 'no', message: 'no\n' }, { data: 3 })
    const carrier = transport()
    for (let index = 0; index < 4; index += 1) await carrier.send(get)
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 1, 2])
  })
})

describe('without an answer, the error says why and whether the request went out', () => {
  test('nobody listens', async () => {
    const { url } = server
    await server[Symbol.asyncDispose]()
    await expect(transport({}, url).send(get)).rejects.toMatchObject({
      failure: 'unreachable',
      sent: false,
      message: expect.stringContaining('refused the connection'),
    })
    server = await scriptedServer()
  })

  test('a name that does not resolve', async () => {
    await expect(transport({}, 'https://nowhere.invalid:8006').send(get)).rejects.toMatchObject({
      failure: 'unreachable',
      sent: false,
    })
  })

  test('the answer goes on for ever, a byte now and a byte then', async () => {
    const { cert, key, fingerprint } = server.certificate
    const drip = createHttpsServer({ cert, key }, (_request, response) => {
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    }).listen(0, '127.0.0.1')
    await once(drip, 'listening')
    const url = `https://127.0.0.1:${(drip.address() as AddressInfo).port}`
    const carrier = createTransport(url, { verify: true, fingerprint }, { whole: 50 })
    await expect(carrier.send(get)).rejects.toMatchObject({ failure: 'silent', sent: true })
    await carrier.close()
    drip.close()
  })

  test('the server takes the request and never answers', async () => {
    server.on('GET /version', 'silence')
    await expect(transport({ headers: 50 }).send(get)).rejects.toMatchObject({
      failure: 'silent',
      sent: true,
      message: expect.stringContaining('did not answer in time'),
    })
  })

  test('something listens but does not answer the TLS handshake', async () => {
    const mute = createServer()
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const url = `https://127.0.0.1:${(mute.address() as AddressInfo).port}`
    await expect(transport({ connect: 50 }, url).send(get)).rejects.toMatchObject({ failure: 'silent', sent: false })
    mute.close()
  })

  test('something listens that does not speak TLS', async () => {
    const chatty = createServer((socket) => socket.end('SSH-2.0-OpenSSH_10\r\n'))
    await new Promise<void>((resolve) => chatty.listen(0, '127.0.0.1', resolve))
    const url = `https://127.0.0.1:${(chatty.address() as AddressInfo).port}`
    await expect(transport({}, url).send(get)).rejects.toMatchObject({
      failure: 'unreachable',
      sent: false,
      message: expect.stringContaining('does not speak TLS'),
    })
    chatty.close()
  })

  test('the connection ends after the request', async () => {
    server.on('GET /version', 'drop')
    await expect(transport().send(get)).rejects.toMatchObject({ failure: 'lost', sent: true })
  })

  test('the connection ends in the middle of the answer', async () => {
    server.on('GET /version', { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data":' })
    await expect(transport().send(get)).rejects.toMatchObject({ failure: 'lost', sent: true })
  })

  test('plain http is refused before anything is sent', async () => {
    await expect(transport({}, server.url.replace('https', 'http')).send(get)).rejects.toMatchObject({
      failure: 'untrusted',
      sent: false,
    })
  })
})

describe('aborting', () => {
  test('before the call sends nothing', async () => {
    await expect(transport().send(get, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
    expect(server.requests).toEqual([])
  })

  test('while waiting for the answer rejects at once with the reason', async () => {
    const controller = new AbortController()
    server.on('GET /version', () => {
      controller.abort(new Error('stop'))
      return 'silence'
    })
    await expect(transport().send(get, controller.signal)).rejects.toThrow('stop')
  })
})
