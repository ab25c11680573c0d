import { ApiRouter } from './api/router.js'
import { Cluster, type ClusterOptions } from './cluster.js'
import type { Certificate } from './rest/certificate.js'
import { certificateFingerprint } from './rest/certificate.js'
import { type ServerIdentity, serverIdentity } from './server-identity.js'
import { simulatorEnvironment } from './simulator-environment.js'

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

export interface SimulatorSsh {
  readonly host: string
  readonly port: number
  readonly user: 'root'
  /** `SHA256:…` of the host key. */
  readonly fingerprint: string
  /** OpenSSH private key that may log in. */
  readonly privateKey: string
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
  readonly cluster: Cluster
  readonly router: ApiRouter
  /** PVE_API_URL and the others; `keyFile`: where the caller has put `ssh.privateKey`. */
  environment(keyFile?: string): Record<string, string>
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
    return { ...simulator, environment: (keyFile) => simulatorEnvironment(simulator, keyFile) }
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
  const router = new ApiRouter(cluster, { fingerprint })
  const rest = await serveRest({
    router,
    certificate: identity.tls,
    host,
    port: options.port ?? 0,
    now: () => cluster.clock.now(),
  })
  closings.push(() => rest.close())
  const shells = await listenSsh(cluster, router, { host, port: options.sshPort ?? 0, identity }, closings)
  const ssh = shells.get(node)
  const [token, lowToken] = identity.tokens
  if (ssh === undefined || token === undefined || lowToken === undefined) throw new Error('the cluster has no node')
  const reachable = reachableHost(host)
  const url = `https://${reachable.includes(':') ? `[${reachable}]` : reachable}:${rest.port}`
  return { url, fingerprint, certificate: identity.tls.certificate, token, lowToken, node, ssh, shells, router }
}

async function listenSsh(
  cluster: Cluster,
  router: ApiRouter,
  { host, port, identity }: { readonly host: string; readonly port: number; readonly identity: ServerIdentity },
  closings: Closing[],
): Promise<ReadonlyMap<string, SimulatorSsh>> {
  const { serveSsh } = await import('./ssh/server.js')
  const shells = new Map<string, SimulatorSsh>()
  for (const [index, node] of [...cluster.nodes.keys()].entries()) {
    const service = await serveSsh(cluster, router, {
      host,
      port: port === 0 ? 0 : port + index,
      hostKey: identity.sshHostKey,
      authorizedKeys: [identity.sshKey.public],
      node,
    })
    closings.push(() => service.close())
    const { port: actual, fingerprint } = service
    shells.set(node, {
      host: reachableHost(host),
      port: actual,
      user: 'root',
      fingerprint,
      privateKey: identity.sshKey.private,
    })
  }
  return shells
}

/** An address to connect to, when the one to listen on means all of them. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
