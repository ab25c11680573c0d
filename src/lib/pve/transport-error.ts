/**
 * Why no answer came.
 * - `unreachable`: no connection was made (in time)
 * - `lost`: the connection ended before the answer was complete
 * - `silent`: the server did not answer in time
 * - `too-large`: the answer exceeds what a Proxmox ever sends
 * - `untrusted`: the certificate is not trusted
 */
export type TransportFailure = 'unreachable' | 'lost' | 'silent' | 'too-large' | 'untrusted'

/** No HTTP answer came back. Holds no header and no parameter, so it never holds the token. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly failure: TransportFailure
  /** Whether any byte of the request may have reached the server: then it may be carried out. */
  readonly sent: boolean
  readonly hint: string | undefined

  constructor(failure: TransportFailure, message: string, details: { sent: boolean; hint?: string; cause?: unknown }) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.failure = failure
    this.sent = details.sent
    this.hint = details.hint
  }
}

/** Sentences for the errors of sockets and of undici. */
export function describeFailure(error: Error & { code?: string }, sent: boolean, host: string): TransportError {
  if (error instanceof TransportError) return error
  const details = { sent, cause: error }
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new TransportError('unreachable', `the name of ${host} cannot be resolved`, {
        ...details,
        hint: 'Check the host name in PVE_API_URL.',
      })
    case 'ECONNREFUSED':
      return new TransportError('unreachable', `${host} refused the connection`, {
        ...details,
        hint: 'Is pveproxy running there, and is the port right (8006)?',
      })
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'EPROTO':
      return new TransportError('unreachable', `${host} does not speak TLS`, {
        ...details,
        hint: 'Is it a Proxmox VE API behind that port (8006)?',
      })
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new TransportError('unreachable', `there is no route to ${host}`, details)
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return new TransportError('unreachable', `${host} did not accept a connection in time`, {
        ...details,
        hint: 'Is the host up, and does a firewall let this machine reach the port?',
      })
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return new TransportError('silent', `${host} accepted the connection but did not answer in time`, {
        ...details,
        hint: 'Is it a Proxmox VE API behind that port? If so, see `systemctl status pveproxy pvedaemon` on the node.',
      })
    default:
      return sent
        ? new TransportError(
            'lost',
            `the connection to ${host} ended before the answer came (${error.message})`,
            details,
          )
        : new TransportError('unreachable', `no connection to ${host}: ${error.message}`, details)
  }
}
