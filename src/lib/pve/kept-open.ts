import type { TLSSocket } from 'node:tls'

const HEAD_END = '\r\n\r\n'
const SUCCESS = 'HTTP/1.1 200 '
/** The value of a `Connection: close` that another header takes back. */
const REVOKED_CLOSE = /\r\nconnection: *(close)(?=\r\n)(?=.*\r\nconnection: *keep-alive\r\n)/dis

/**
 * Answers of calls that pveproxy hands on to pvedaemon carry `Connection: close` of the daemon, then its own `Connection: Keep-Alive`, and the
 * socket stays open (PVE-FACTS 9). Any HTTP parser obeys the first, so that nearly every change would cost a new connection with its
 * TLS handshake: it is blanked out before the parser sees it. A `close` that stands alone, or last, is obeyed.
 */
export function keptOpen(socket: TLSSocket): TLSSocket {
  const read = socket.read.bind(socket)
  socket.read = (size?: number): unknown => {
    const chunk: unknown = read(size)
    if (Buffer.isBuffer(chunk)) blankRevokedClose(chunk)
    return chunk
  }
  return socket
}

/** Changes the bytes in place. A body never looks like the head of an answer: JSON has no line ends in its texts. */
function blankRevokedClose(chunk: Buffer): void {
  if (chunk.toString('latin1', 0, SUCCESS.length) !== SUCCESS) return
  const end = chunk.indexOf(HEAD_END)
  const [start, stop] = REVOKED_CLOSE.exec(chunk.toString('latin1', 0, end + 2))?.indices?.[1] ?? []
  chunk.fill(' ', start ?? 0, stop ?? 0)
}
