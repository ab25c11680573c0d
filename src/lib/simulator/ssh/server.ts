import type { ApiRouter } from '../api/router.js'
import type { Cluster } from '../cluster.js'

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

/** The node's sshd: public keys only, the shell of `root` with the tools of a Proxmox node (PVE-FACTS 7). */
export async function serveSsh(cluster: Cluster, router: ApiRouter, options: SshOptions): Promise<SshService> {
  throw new Error(`not yet: ${cluster} ${router} ${options.node}`)
}
