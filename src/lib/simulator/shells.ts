import type { ApiRouter } from './api/router.js'
import type { Cluster } from './cluster.js'
import { nodeAddress } from './node-address.js'
import type { ServerIdentity } from './server-identity.js'
import type { SshService } from './ssh/server.js'

/** How the shell of a node is reached. */
export interface SimulatorSsh {
  readonly host: string
  readonly port: number
  readonly user: 'root'
  /** `SHA256:…` of the host key. */
  readonly fingerprint: string
  /** OpenSSH private key that may log in. */
  readonly privateKey: string
}

export interface Shells {
  /** By node name. */
  readonly byNode: ReadonlyMap<string, SimulatorSsh>
  /** Lines of a known_hosts file for all of them. */
  readonly knownHosts: string
  close(): Promise<void>
}

interface ShellOptions {
  /** Address of the first node. */
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly identity: ServerIdentity
}

/** So often a free port of the first address is tried on the others. */
const TRIES = 5

/** Starts an sshd for each node: each at its own address with the same port where there are several addresses, else at ports in a row. */
export async function openShells(cluster: Cluster, router: ApiRouter, options: ShellOptions): Promise<Shells> {
  for (let tries = options.port === 0 ? TRIES : 1; ; tries--) {
    try {
      return await listen(cluster, router, options)
    } catch (error) {
      if (tries <= 1 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

async function listen(cluster: Cluster, router: ApiRouter, { host, port, identity }: ShellOptions): Promise<Shells> {
  const { serveSsh } = await import('./ssh/server.js')
  const services: SshService[] = []
  const close = async () => {
    for (const service of services) await service.close()
  }
  const byNode = new Map<string, SimulatorSsh>()
  try {
    for (const [index, node] of [...cluster.nodes.keys()].entries()) {
      const own = nodeAddress(host, index)
      const first = services[0]?.port ?? port
      const service = await serveSsh(cluster, router, {
        host: own,
        port: index > 0 && own === host ? first + index : first,
        hostKey: identity.sshHostKey,
        authorizedKeys: [identity.sshKey.public],
        node,
      })
      services.push(service)
      byNode.set(node, {
        host: reachableHost(own),
        port: service.port,
        user: 'root',
        fingerprint: service.fingerprint,
        privateKey: identity.sshKey.private,
      })
    }
  } catch (error) {
    await close()
    throw error
  }
  const { publicHostKey } = await import('./ssh/host-key.js')
  const key = publicHostKey(identity.sshHostKey)
  const knownHosts = [...byNode.values()].map((shell) => `[${shell.host}]:${shell.port} ${key}\n`).join('')
  return { byNode, knownHosts, close }
}

/** An address to connect to, when the one to listen on means all of them. */
export function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
