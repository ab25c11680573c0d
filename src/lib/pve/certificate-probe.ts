import type { TlsTrust } from '../settings/settings.js'
import { classifyTransportError } from './errors.js'
import { type CertificateFinding, inspectCertificate, openTls } from './tls.js'
import { describeFailure } from './transport-error.js'

/**
 * Shows the certificate of `url` and whether it is trusted. Makes a TLS handshake and sends no HTTP. `timeout` in milliseconds.
 * Errors: `unavailable` when nobody answers there, `timeout`, the signal's reason.
 */
export async function probeCertificate(
  url: string,
  options: {
    readonly ca?: string
    readonly fingerprint?: string
    readonly timeout?: number
    readonly signal?: AbortSignal
  } = {},
): Promise<CertificateFinding> {
  const { timeout = 10_000, signal, ...pins } = options
  const { hostname, port, host } = new URL(url)
  const trust: TlsTrust = { verify: true, ...pins }
  try {
    const socket = await openTls(hostname.replace(/^\[|\]$/g, ''), Number(port || 443), trust, timeout, signal)
    const finding = inspectCertificate(socket, trust)
    socket.destroy()
    return finding
  } catch (error) {
    signal?.throwIfAborted()
    throw error instanceof Error ? classifyTransportError(describeFailure(error, false, host)) : error
  }
}
