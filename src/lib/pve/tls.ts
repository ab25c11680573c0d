import { isIP } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import type { buildConnector } from 'undici'
import type { TlsTrust } from '../settings/settings.js'
import { COMPARISON } from './certificate-comparison.js'
import { keptOpen } from './kept-open.js'
import { TransportError } from './transport-error.js'

/** What a server's certificate says, and whether it is trusted. */
export interface CertificateFinding {
  /** SHA-256, upper-case hex pairs joined with colons. */
  readonly fingerprint: string
  readonly subject: string
  readonly issuer: string
  readonly validTo: string
  readonly trusted: boolean
  /** Why it is not trusted: one sentence. */
  readonly reason?: string
}

/**
 * A connector for undici that hands out a connection only after its certificate was found to be trusted. Sessions are not
 * resumed, so every connection shows its certificate; a kept-alive one was checked when it was made.
 */
export function trustingConnector(trust: TlsTrust, timeout: number): buildConnector.connector {
  return (options, callback) => {
    if (options.protocol !== 'https:') return callback(clearText(options.hostname), null)
    const host = `${options.hostname}:${options.port || 443}`
    openTls(options.hostname, Number(options.port || 443), trust, timeout).then(
      (socket) => {
        const finding = inspectCertificate(socket, trust)
        if (finding.trusted) return callback(null, keptOpen(socket))
        socket.destroy()
        callback(untrusted(host, finding, trust), null)
      },
      (error: Error) => callback(error, null),
    )
  }
}

/** A TLS connection, whatever the certificate. Errors: TransportError when it is too slow, else those of the socket. */
export function openTls(
  host: string,
  port: number,
  trust: TlsTrust,
  timeout: number,
  signal?: AbortSignal,
): Promise<TLSSocket> {
  signal?.throwIfAborted()
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      // Judged by inspectCertificate: a rejection by TLS itself would hide the fingerprint that the message must show.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...DIALLING,
      ...(isIP(host) === 0 && { servername: host }),
      ...authorities(trust),
    })
    const fail = (error: Error) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.destroy()
      reject(error)
    }
    const onAbort = () => fail(signal?.reason)
    const timer = setTimeout(() => fail(tooSlow(`${host}:${port}`, socket.connecting)), timeout)
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.setNoDelay(true)
    socket.once('error', fail)
    socket.once('close', () => fail(new Error('the connection was closed during the TLS handshake')))
    socket.once('secureConnect', () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.removeListener('error', fail)
      socket.removeAllListeners('close')
      resolve(socket)
    })
  })
}

/** Of several addresses one after the other is tried; Node's 250 ms for each are too short for a far host. */
const DIALLING = { autoSelectFamilyAttemptTimeout: 2_500 }

/** Where no CA is asked, reading the 150 that Node knows would only cost start-up time. */
function authorities(trust: TlsTrust): { readonly ca?: string | string[] } {
  if (!trust.verify || trust.fingerprint !== undefined) return { ca: [] }
  return trust.ca === undefined ? {} : { ca: trust.ca }
}

const clearText = (host: string): TransportError =>
  new TransportError('untrusted', `the token is not sent to ${host} in clear text`, {
    sent: false,
    hint: 'Proxmox VE speaks https only: write https:// in PVE_API_URL.',
  })

const tooSlow = (host: string, connecting: boolean): TransportError =>
  connecting
    ? new TransportError('unreachable', `${host} did not accept a connection in time`, {
        sent: false,
        hint: 'Is the host up, and does a firewall let this machine reach the port?',
      })
    : new TransportError('silent', `${host} accepted the connection but did not answer the TLS handshake in time`, {
        sent: false,
        hint: 'Is it a Proxmox VE API behind that port (8006)?',
      })

/** A pin decides alone: it names the very certificate, whoever signed it and whatever names or dates are in it. */
export function inspectCertificate(socket: TLSSocket, trust: TlsTrust): CertificateFinding {
  const certificate = socket.getPeerCertificate()
  const fingerprint = certificate.fingerprint256 ?? ''
  const reason = distrust(socket, trust, fingerprint)
  return {
    fingerprint,
    subject: String(certificate.subject?.CN ?? ''),
    issuer: String(certificate.issuer?.CN ?? ''),
    validTo: certificate.valid_to ?? '',
    trusted: reason === undefined,
    ...(reason !== undefined && { reason }),
  }
}

function distrust(socket: TLSSocket, trust: TlsTrust, fingerprint: string): string | undefined {
  if (!trust.verify) return undefined
  if (trust.fingerprint !== undefined) {
    if (fingerprint !== '' && fingerprint === trust.fingerprint.toUpperCase()) return undefined
    return `its certificate is not the one that was pinned (${trust.fingerprint}): it was renewed, or this is another server`
  }
  if (socket.authorized) return undefined
  const code = String(socket.authorizationError)
  return REASONS[code] ?? `its certificate cannot be verified (${code})`
}

/** OpenSSL's and Node's codes in words. */
const REASONS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate was signed by a CA that this machine does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate was signed by a CA that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate was signed by a CA that this machine does not know',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate was signed by a CA that this machine does not know',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet (compare the clocks)',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate was made for other host names',
}

function untrusted(host: string, finding: CertificateFinding, trust: TlsTrust): TransportError {
  const pinned = trust.fingerprint !== undefined
  return new TransportError(
    'untrusted',
    `${host} is not trusted: ${finding.reason}. SHA-256 fingerprint seen: ${finding.fingerprint}`,
    {
      sent: false,
      hint: [
        'First compare the fingerprint on the node:',
        `${COMPARISON}.`,
        pinned ? 'If it is the same, change the line in .env:' : 'If it is the same, put this line in .env:',
        `PVE_TLS_FINGERPRINT=${finding.fingerprint}`,
      ].join('\n'),
    },
  )
}
