import type { Cluster, ClusterOptions } from './cluster.js'

export interface SimulatorOptions extends ClusterOptions {
  /** Address to listen on. Default: 127.0.0.1. */
  readonly host?: string
  /** Port of the REST API; 0 (default): any free one. */
  readonly port?: number
  /** Port of the SSH server; 0 (default): any free one. */
  readonly sshPort?: number
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
  readonly ssh: SimulatorSsh
  readonly cluster: Cluster
  /** PVE_API_URL and the others; `keyFile`: where the caller has put `ssh.privateKey`. */
  environment(keyFile?: string): Record<string, string>
  /** Ends the listeners and the cluster; no timer and no socket stays behind. */
  close(): Promise<void>
}

/** Starts a simulated cluster with its REST API over TLS and its SSH server. Rejects when a port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  throw new Error(`not yet: ${options.host}`)
}
