import { once } from 'node:events'
import { createServer } from 'node:net'
import ssh2, { type AuthContext, type Connection, type ParsedKey } from 'ssh2'
import type { ApiRouter } from '../api/router.js'
import type { Cluster } from '../cluster.js'
import { keyFingerprint, newKeyPair, parsedKey } from './host-key.js'
import { nodeMachine } from './node-machine.js'
import { serveSession } from './session.js'

export interface SshOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Private host key in OpenSSH format; absent: a new ed25519 key. */
  readonly hostKey?: string
  /** Public keys, one `ssh-ed25519 AAAA…` line each, that may log in as root. */
  readonly authorizedKeys: readonly string[]
  /** Name of the node whose shell this is. */
  readonly node: string
}

export interface SshService {
  readonly port: number
  /** `SHA256:…` of the host key, as ssh-keygen prints it. */
  readonly fingerprint: string
  close(): Promise<void>
}

const BANNER = 'This is a simulated Proxmox VE node.\n'

/** The node's sshd: public keys only, the shell of `root` with the tools of a Proxmox node (PVE-FACTS 7). */
export async function serveSsh(cluster: Cluster, router: ApiRouter, options: SshOptions): Promise<SshService> {
  const hostKey = options.hostKey ?? newKeyPair().private
  const authorized = options.authorizedKeys.map(parsedKey)
  const machine = nodeMachine(cluster, router, options.node)
  const connections = new Set<Connection>()
  const sshd = new ssh2.Server({ hostKeys: [hostKey], banner: BANNER }, (connection, { ip, port }) => {
    connections.add(connection)
    connection
      .on('authentication', (context) => authenticate(context, authorized))
      .on('session', (accept) =>
        serveSession(
          accept(),
          machine,
          { SSH_CLIENT: `${ip} ${port} 22`, SSH_CONNECTION: `${ip} ${port} 127.0.0.1 22` },
          connection,
        ),
      )
      .on('request', (_accept, reject) => reject?.())
      .on('tcpip', (_accept, reject) => reject())
      .on('error', () => connection.end())
      .on('close', () => connections.delete(connection))
  })
  // As sshd has it: held back for an acknowledgement, each command would take some 40 ms longer.
  const server = createServer({ noDelay: true }, (socket) => sshd.injectSocket(socket))
  server.listen(options.port, options.host)
  await once(server, 'listening')
  return {
    port: listeningPort(server.address()),
    fingerprint: keyFingerprint(hostKey),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of connections) connection.end()
      await closed
    },
  }
}

/** Lets root in with one of the keys, and nobody with anything else. */
function authenticate(context: AuthContext, authorized: readonly ParsedKey[]): void {
  if (mayLogIn(context, authorized)) context.accept()
  else context.reject(['publickey'])
}

function mayLogIn(context: AuthContext, authorized: readonly ParsedKey[]): boolean {
  if (context.method !== 'publickey' || context.username !== 'root') return false
  const { key, blob, signature, hashAlgo } = context
  const type = key.algo.replace(/^rsa-sha2-\d+$/, 'ssh-rsa')
  const known = authorized.find((one) => one.type === type && one.getPublicSSH().equals(key.data))
  if (known === undefined) return false
  // Without a signature the client only asks whether the key would do.
  return signature === undefined || (blob !== undefined && known.verify(blob, signature, hashAlgo) === true)
}

function listeningPort(address: unknown): number {
  if (typeof address === 'object' && address !== null && 'port' in address && typeof address.port === 'number')
    return address.port
  throw new Error('the SSH server has no port')
}
