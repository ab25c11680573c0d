import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const FULL = [
  'HTTP/1.1 503 Service Unavailable',
  'Content-Type: application/json',
  'Retry-After: 1',
  'Connection: close',
  '',
  '{"detail":"Too many connections","code":"exhausted"}',
].join('\r\n')

/**
 * At most `most` connections. When one more comes, the one goes that has been without a whole request for longest: a client that dribbles
 * its request byte by byte cannot keep others out. Where every connection has work, the new one is told so.
 */
export function limitConnections(server: Server, most: number): void {
  const all = new Set<Socket>()
  /** Idle ones and those whose request is not complete; who came first is first. */
  const waiting = new Set<Socket>()

  server.on('connection', (socket) => {
    all.add(socket)
    socket.once('close', () => {
      all.delete(socket)
      waiting.delete(socket)
    })
    if (all.size > most) {
      const [oldest] = waiting
      if (oldest === undefined) return void socket.end(FULL, () => socket.destroy())
      oldest.destroy()
    }
    waiting.add(socket)
  })

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request
    // Fires for a request without a body as well, as soon as somebody reads it or answers.
    const complete = () => waiting.delete(socket)
    if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined)
      complete()
    else request.once('end', complete)
    response.once('close', () => {
      if (all.has(socket)) waiting.add(socket)
    })
  })
}
