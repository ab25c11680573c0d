import { createHash, randomBytes } from 'node:crypto'
import { isIP } from 'node:net'

/** A key pair with a certificate that vouches for itself. Both are PEM. */
export interface Certificate {
  readonly certificate: string
  readonly privateKey: string
}

const DAY_MS = 24 * 60 * 60 * 1000

/** Makes a self-signed certificate for a node under its name, `localhost` and the given addresses or names. */
export async function selfSignedCertificate(node: string, hosts: readonly string[] = []): Promise<Certificate> {
  const { X509CertificateGenerator, SubjectAlternativeNameExtension, BasicConstraintsExtension, PemConverter } =
    await import('@peculiar/x509')
  const { subtle } = globalThis.crypto
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const names = [...new Set([node, 'localhost', '127.0.0.1', '::1', ...hosts])]
  const now = Date.now()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: `CN=${node}, O=Proxmox VE simulator`,
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 730 * DAY_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
    ],
  })
  const privateKey = PemConverter.encode(await subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
  return { certificate: `${certificate.toString('pem')}\n`, privateKey: `${privateKey}\n` }
}

/** SHA-256 of a PEM certificate as Proxmox shows it: upper-case pairs joined with colons. */
export function certificateFingerprint(pem: string): string {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
  const digits = createHash('sha256').update(der).digest('hex').toUpperCase()
  return digits.match(/../g)?.join(':') ?? ''
}
