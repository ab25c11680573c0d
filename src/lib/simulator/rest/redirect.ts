import type { Socket } from 'node:net'
import { HeaderReader, parseRequestLine } from './request-head.js'
import { SocketInput } from './socket-input.js'

/** Plain HTTP on the TLS port: the client is told where it should have gone, then the connection ends (PVE-FACTS 1.1). */
export async function redirectToTls(socket: Socket, idleMs: number): Promise<void> {
  try {
    const input = new SocketInput(socket, idleMs)
    socket.resume()
    const { method, url, protocol } = parseRequestLine(await input.line())
    const reader = new HeaderReader()
    while (!reader.add(await input.line())) {}
    const status = method === 'GET' || method === 'HEAD' ? '301 Moved Permanently' : '308 Permanent Redirect'
    const location = `https://${reader.headers['host'] ?? ''}${url}`
    socket.end(`${protocol} ${status}\r\nLocation: ${location}\r\n\r\n`)
    await input.silence()
  } catch {
    // Nothing that could be redirected: the connection just ends.
  }
  socket.destroy()
}
