import type { ProbeText, TemplateTarget } from './pool-variables.js'

/** How the certificate of the API is checked. */
export interface TlsTrust {
  /** False only when the user said so (PVE_VERIFY_TLS=0). */
  readonly verify: boolean
  /** PEM text of a CA, or of the self-signed certificate itself. */
  readonly ca?: string
  /** SHA-256 fingerprint of the certificate, upper-case hex pairs joined with colons. */
  readonly fingerprint?: string
}

/** An API token `USER@REALM!ID=SECRET`. Only the transport reads `secret`; nothing prints it. */
export interface ApiToken {
  /** `USER@REALM!ID` */
  readonly id: string
  readonly secret: string
}

/** Everything needed to talk to the REST API. */
export interface ApiSettings {
  /** `https://host:port`, without a path. */
  readonly url: string
  readonly token: ApiToken
  readonly tls: TlsTrust
}

/** Where and how a shell is reached by SSH. */
export interface SshSettings {
  /** A name, an address, or an alias of ~/.ssh/config. */
  readonly host: string
  /** Absent: what ~/.ssh/config says, else 22. */
  readonly port?: number
  /** Absent: what ~/.ssh/config says, else root. */
  readonly user?: string
  /** Path of a private key. Absent: the agent and the usual identity files. */
  readonly keyFile?: string
  /** Path of a known_hosts file. Absent: ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts. */
  readonly knownHostsFile?: string
  /** `SHA256:…` as ssh-keygen prints it. */
  readonly fingerprint?: string
  /** Trust a host that known_hosts does not hold, and add it. A key that has changed is refused all the same. */
  readonly acceptNewHostKey?: boolean
}

/** Sizes given to a new container when the command line does not say. Memory in MiB, disk in GiB. */
export interface ContainerDefaults {
  readonly memory: number
  readonly cores: number
  readonly disk: number
}

/** The VMID range that new containers are taken from, both ends included. */
export interface VmidRange {
  readonly start: number
  readonly end: number
}

export type ExecutionMode = 'auto' | 'local' | 'pve-ssh' | 'container-ssh'

/** Where the pool's daemon is, for those who ask it. */
export interface PoolAddress {
  /** `http(s)://host:port/path` without a slash at the end, or `unix:/path`. */
  readonly url: string
  /** The first of POOL_TOKEN. Nothing prints it. */
  readonly token?: string
}

/** What was set for the pool's daemon, each value for itself; `loadPoolSettings` completes it and looks at them together. Milliseconds. */
export interface PoolOptions {
  readonly name?: string
  readonly min?: number
  readonly target?: number
  readonly max?: number
  readonly hot?: number
  readonly release?: 'rollback' | 'destroy' | 'reuse'
  readonly probe?: ProbeText
  readonly templates?: readonly TemplateTarget[]
  /** Path of the file with a policy for each template. */
  readonly file?: string
  readonly hostnamePrefix?: string
  readonly cloneRetries?: number
  readonly cloneDelay?: number
  readonly cloneJitter?: number
  readonly interval?: number
  readonly batch?: number
  readonly host?: string
  readonly port?: number
  readonly socket?: string
  /** Nothing prints them. */
  readonly tokens: readonly string[]
}

/** The validated, immutable result of reading flags, environment, `.env` and credentials. */
export interface Settings {
  /** Undefined when PVE_API_URL or PVE_API_TOKEN is missing: ask `requireApi(settings)`. */
  readonly api: ApiSettings | undefined
  readonly node: string | undefined
  readonly storage: string
  readonly templateVmid: number
  readonly container: ContainerDefaults
  readonly osTemplate: string | undefined
  readonly bridge: string
  /** Undefined when neither PVE_SSH_HOST nor PVE_API_URL says where the node is. */
  readonly ssh: SshSettings | undefined
  /** How an sshd inside a container is reached; its host is asked of the API. */
  readonly containerSsh: Omit<SshSettings, 'host'>
  readonly executionMode: ExecutionMode
  readonly vmids: VmidRange
  readonly pool: PoolAddress
  readonly poolOptions: PoolOptions
  /** Where each value came from, for messages: `PVE_NODE (environment)`. Never holds a secret. */
  readonly sources: ReadonlyMap<string, string>
  /** Each value as it was written, but for secrets: to hand them on to another process. */
  readonly texts: ReadonlyMap<string, string>
}
