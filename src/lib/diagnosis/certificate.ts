import { COMPARISON } from '../pve/certificate-comparison.js'
import { probeCertificate } from '../pve/certificate-probe.js'
import type { ApiSettings, TlsTrust } from '../settings/settings.js'
import type { Finding } from './finding.js'

/** Shows the certificate and says whether it is trusted, and if not, the line that makes it so. */
export async function checkCertificate(
  api: ApiSettings,
  options: { readonly connectTimeout: number; readonly signal: AbortSignal },
): Promise<Finding> {
  const { ca, fingerprint } = api.tls
  const pins = { ...(ca !== undefined && { ca }), ...(fingerprint !== undefined && { fingerprint }) }
  const certificate = await probeCertificate(api.url, {
    ...pins,
    timeout: options.connectTimeout,
    signal: options.signal,
  })
  const found = { topic: 'tls', subject: api.url } as const
  if (!api.tls.verify)
    return {
      ...found,
      verdict: 'warning',
      detail: `the certificate is not verified (PVE_VERIFY_TLS is off); fingerprint ${certificate.fingerprint}`,
      remedy: `Remove PVE_VERIFY_TLS and put PVE_TLS_FINGERPRINT=${certificate.fingerprint} into .env.`,
    }
  if (certificate.trusted)
    return {
      ...found,
      verdict: 'ok',
      detail: `trusted: ${trustedBy(api.tls)}, ${certificate.subject}, valid to ${certificate.validTo}`,
    }
  return {
    ...found,
    verdict: 'failed',
    detail: `${certificate.reason ?? 'its certificate is not trusted'}; fingerprint ${certificate.fingerprint}`,
    remedy: `Compare it on the node: ${COMPARISON}; then put this line into .env: PVE_TLS_FINGERPRINT=${certificate.fingerprint}`,
    code: 'untrusted',
  }
}

function trustedBy(tls: TlsTrust): string {
  if (tls.fingerprint !== undefined) return 'pinned by PVE_TLS_FINGERPRINT'
  return tls.ca === undefined ? 'signed by a CA that this machine knows' : 'signed by the CA in PVE_CA_FILE'
}
