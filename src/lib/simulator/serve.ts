import { ApiRouter } from './api/router.js'
import { Cluster, type ClusterOptions } from './cluster.js'
import { nodeAddress } from './node-address.js'
import type { Certificate } from './rest/certificate.js'
import { certificateFingerprint } from './rest/certificate.js'
import { serverIdentity } from './server-identity.js'
import { openShells, reachableHost, type SimulatorSsh } from './shells.js'
import { type EnvironmentFiles, simulatorEnvironment } from './simulator-environment.js'

export type { EnvironmentFiles, SimulatorSsh }

export interface SimulatorOptions extends ClusterOptions {
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string
  /** Port of the REST API; 0 (default): any free one. */
  readonly port?: number
  /** Port of the first node's SSH server, the others follow; 0 (default): any free ones. */
  readonly sshPort?: number
  /** Default: a self-signed one. */
  readonly certificate?: Certificate
}

export interface SimulatorToken {
  /** `root@pam!cmux` */
  readonly id: string
  readonly secret: string
}

/** A simulated cluster that listens on sockets. */
export interface Simulator {
  /** `https://127.0.0.1:PORT` */
  readonly url: string
  /** SHA-256 of the certificate, upper-case pairs joined with colons. */
  readonly fingerprint: string
  /** PEM. */
  readonly certificate: string
  /** Root's token without privilege separation. */
  readonly token: SimulatorToken
  /** A token with separate privileges and no rights at all. */
  readonly lowToken: SimulatorToken
  /** The first node's name. */
  readonly node: string
  /** The first node's shell. */
  readonly ssh: SimulatorSsh
  /** Every node's shell, by name. */
  readonly shells: ReadonlyMap<string, SimulatorSsh>
  /** Lines of a known_hosts file for all of them. */
  readonly knownHosts: string
  readonly cluster: Cluster
  readonly router: ApiRouter
  /** PVE_API_URL and the others; the files are where the caller has put `ssh.privateKey` and `knownHosts`. */
  environment(files?: EnvironmentFiles): Record<string, string>
  /** Ends the listeners and the cluster; no timer and no socket stays behind. */
  close(): Promise<void>
}

type Closing = () => Promise<void>

/** Starts a simulated cluster with its REST API over TLS and its SSH servers. Rejects when a port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const closings: Closing[] = []
  const close = async () => {
    for (const closing of closings.splice(0).reverse()) await closing()
  }
  try {
    const cluster = await Cluster.open(options)
    closings.push(() => cluster.close())
    const listening = await listen(cluster, options, closings)
    const simulator = { ...listening, cluster, close }
    return { ...simulator, environment: (files) => simulatorEnvironment(simulator, files) }
  } catch (error) {
    await close()
    throw error
  }
}

async function listen(cluster: Cluster, options: SimulatorOptions, closings: Closing[]) {
  const { serveRest } = await import('./rest/server.js')
  const host = options.host ?? '127.0.0.1'
  const [node = ''] = cluster.nodes.keys()
  const identity = await serverIdentity(cluster, host, options.certificate)
  for (const token of identity.tokens) cluster.access.addToken(token)
  const fingerprint = certificateFingerprint(identity.tls.certificate)
  const addresses = [...cluster.nodes.keys()].map((_, index) => nodeAddress(host, index))
  const router = new ApiRouter(cluster, { fingerprint, addresses })
  const rest = await serveRest({
    router,
    certificate: identity.tls,
    host,
    port: options.port ?? 0,
    now: () => cluster.clock.now(),
  })
  closings.push(() => rest.close())
  const shells = await openShells(cluster, router, { host, port: options.sshPort ?? 0, identity })
  closings.push(() => shells.close())
  const ssh = shells.byNode.get(node)
  const [token, lowToken] = identity.tokens
  if (ssh === undefined || token === undefined || lowToken === undefined) throw new Error('the cluster has no node')
  const reachable = reachableHost(host)
  const url = `https://${reachable.includes(':') ? `[${reachable}]` : reachable}:${rest.port}`
  return {
    ...{ url, fingerprint, token, lowToken, node, ssh, router },
    certificate: identity.tls.certificate,
    shells: shells.byNode,
    knownHosts: shells.knownHosts,
  }
}
