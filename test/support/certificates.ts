import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** A certificate with its private key, both PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
  /** SHA-256, upper-case hex pairs joined with colons. */
  readonly fingerprint: string
  readonly issue: (options: CertificateOptions) => Promise<Certificate>
}

export interface CertificateOptions {
  readonly name: string
  /** IP addresses and host names it is made for. */
  readonly hosts?: readonly string[]
  readonly notAfter?: Date
  readonly ca?: boolean
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** A self-signed certificate, such as a fresh Proxmox has. Its `issue` makes others that it signed. */
export const selfSigned = (options: CertificateOptions): Promise<Certificate> => make(options)

interface Issuer {
  readonly name: string
  readonly keys: CryptoKeyPair
}
type CryptoKeyPair = webcrypto.CryptoKeyPair

async function make(options: CertificateOptions, issuer?: Issuer): Promise<Certificate> {
  x509.cryptoProvider.set(webcrypto)
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as CryptoKeyPair
  const hosts = options.hosts ?? ['127.0.0.1', 'localhost']
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${options.name}`,
    issuer: `CN=${issuer?.name ?? options.name}`,
    notBefore: new Date(Date.now() - 86_400_000 * 30),
    notAfter: options.notAfter ?? new Date(Date.now() + 86_400_000 * 30),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(options.ca ?? false, undefined, true),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((host) => ({ type: /^[\d.]+$|:/.test(host) ? ('ip' as const) : ('dns' as const), value: host })),
      ),
    ],
  })
  const digest = Buffer.from(await certificate.getThumbprint('SHA-256'))
    .toString('hex')
    .toUpperCase()
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return {
    cert: certificate.toString('pem'),
    key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    fingerprint: (digest.match(/../g) ?? []).join(':'),
    issue: (child) => make(child, { name: options.name, keys }),
  }
}
