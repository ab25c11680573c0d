import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { App } from './app.js'
import { HttpRefusal } from './refusal.js'

const FULL = [
  'HTTP/1.1 503 Service Unavailable',
  'Content-Type: application/json',
  'Retry-After: 1',
  'Connection: close',
  '',
  '{"detail":"Too many connections","code":"exhausted"}',
].join('\r\n')

/** Milliseconds that a new connection may take to send its first byte, whoever else comes. */
const FIRST_BYTE = 1_000

/**
 * At most `most` connections. When one more comes, the one goes that has been without a whole request for longest: a client that dribbles
 * its request byte by byte cannot keep others out. Where every connection has work, or has only just come, the new one is answered with a refusal as
 * soon as its request is there: who is cut off before hears nothing but a reset. That has its limit too.
 */
export function limitConnections(app: App, most: number): void {
  const { server } = app
  const all = new Set<Socket>()
  /** Idle ones and those whose request is not complete, with when they came; who came first is first. */
  const waiting = new Map<Socket, number>()
  const turnedAway = new WeakSet<Socket>()
  const isDispensable = ([socket, since]: readonly [Socket, number]) =>
    socket.bytesRead > 0 || performance.now() - since > FIRST_BYTE

  app.addHook('onRequest', async ({ raw: { socket } }) => {
    if (turnedAway.has(socket))
      throw new HttpRefusal(503, 'exhausted', 'Too many connections', {
        headers: { 'retry-after': '1', connection: 'close' },
      })
  })

  server.on('connection', (socket) => {
    all.add(socket)
    socket.once('close', () => {
      all.delete(socket)
      waiting.delete(socket)
    })
    if (all.size > most) {
      const [oldest] = [...waiting].find(isDispensable) ?? []
      if (oldest !== undefined) oldest.destroy()
      else if (all.size > 2 * most) return void socket.end(FULL, () => socket.destroy())
      else turnedAway.add(socket)
    }
    waiting.set(socket, performance.now())
  })

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    // Fires for a request without a body as well, as soon as somebody reads it or answers.
    const complete = () => waiting.delete(socket)
    if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined)
      complete()
    else request.once('end', complete)
    response.once('close', () => {
      if (all.has(socket)) waiting.set(socket, performance.now())
    })
  })
}
