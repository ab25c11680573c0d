import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { RequestHandler } from '../api/router.js'
import type { Certificate } from './certificate.js'
import { serveConnection } from './connection.js'
import { redirectToTls } from './redirect.js'

export interface RestServerOptions {
  readonly router: RequestHandler
  readonly certificate: Certificate
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Milliseconds since the epoch, for the Date header. */
  readonly now: () => number
  /** How long a client may be silent. Default: 5 s of real time, as clients live in it. */
  readonly idleMs?: number
}

export interface RestServer {
  readonly port: number
  close(): Promise<void>
}

const IDLE_MS = 5000
const MAX_CONNECTIONS = 500
const KEEP_ALIVE_RESERVE = 20
const TLS_HANDSHAKE = 0x16

/** pveproxy: TLS on one port, with an answer for those who forgot the s. Rejects when the port cannot be had. */
export async function serveRest(options: RestServerOptions): Promise<RestServer> {
  const { router, certificate, host, port, now, idleMs = IDLE_MS } = options
  const sockets = new Set<Socket>()
  const mayKeepAlive = () => sockets.size < MAX_CONNECTIONS - KEEP_ALIVE_RESERVE
  const tls = createTlsServer({ cert: certificate.certificate, key: certificate.privateKey })
  tls.on('secureConnection', (socket) => void serveConnection(socket, { router, mayKeepAlive, now, idleMs }))
  tls.on('tlsClientError', (_error, socket) => socket.destroy())

  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(idleMs, () => socket.destroy())
    socket.once('data', (chunk: Buffer) => {
      socket.setTimeout(0)
      socket.pause()
      socket.unshift(chunk)
      if (chunk[0] === TLS_HANDSHAKE) tls.emit('connection', socket)
      else void redirectToTls(socket, idleMs)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
