import { randomUUID } from 'node:crypto'
import type { Cluster } from './cluster.js'
import { type Certificate, selfSignedCertificate } from './rest/certificate.js'

/** What clients have written down of a server: it stays the same when a state file is used again. */
export interface ServerIdentity {
  readonly tls: Certificate
  /** Private key in OpenSSH format. */
  readonly sshHostKey: string
  /** The key that may log in. */
  readonly sshKey: { readonly private: string; readonly public: string }
  /** Root's token without separate privileges, and one without any right. */
  readonly tokens: readonly [root: ServerToken, low: ServerToken]
}

interface ServerToken {
  readonly id: string
  readonly secret: string
  readonly privsep: boolean
}

/** The identity that the cluster's state holds, or a new one which is put there. */
export async function serverIdentity(
  cluster: Cluster,
  host: string,
  certificate?: Certificate,
): Promise<ServerIdentity> {
  const table = cluster.store.table<ServerIdentity>('server-identity')
  const known = table.get('server') ?? (await newIdentity(cluster, host))
  const identity = certificate === undefined ? known : { ...known, tls: certificate }
  table.set('server', identity)
  return identity
}

async function newIdentity({ nodes }: Cluster, host: string): Promise<ServerIdentity> {
  const { newKeyPair } = await import('./ssh/host-key.js')
  const [node = 'localhost'] = nodes.keys()
  const key = newKeyPair('cmux-pve simulator')
  return {
    tls: await selfSignedCertificate(node, [host]),
    sshHostKey: newKeyPair().private,
    sshKey: { private: key.private, public: key.public },
    tokens: [
      { id: 'root@pam!cmux', secret: randomUUID(), privsep: false },
      { id: 'nobody@pve!low', secret: randomUUID(), privsep: true },
    ],
  }
}
