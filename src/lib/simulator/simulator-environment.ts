import type { Cluster } from './cluster.js'
import type { SimulatorToken } from './serve.js'
import type { SimulatorSsh } from './shells.js'

/** Where the caller has put what does not fit into a variable. */
export interface EnvironmentFiles {
  /** The private SSH key. */
  readonly keyFile: string
  readonly knownHostsFile?: string
}

/** What a shell needs to point every command at a simulator. */
export function simulatorEnvironment(
  simulator: {
    readonly url: string
    readonly fingerprint: string
    readonly token: SimulatorToken
    readonly node: string
    readonly ssh: SimulatorSsh
    readonly cluster: Cluster
  },
  files?: EnvironmentFiles,
): Record<string, string> {
  const { url, fingerprint, token, node, ssh, cluster } = simulator
  const storage = containerStorage(cluster)
  const template = osTemplate(cluster, node)
  return {
    PVE_API_URL: url,
    PVE_API_TOKEN: `${token.id}=${token.secret}`,
    PVE_TLS_FINGERPRINT: fingerprint,
    PVE_NODE: node,
    ...(storage !== undefined && { PVE_STORAGE: storage }),
    ...(template !== undefined && { PVE_OSTEMPLATE: template }),
    PVE_SSH_HOST: `${ssh.user}@${ssh.host.includes(':') ? `[${ssh.host}]` : ssh.host}:${ssh.port}`,
    PVE_SSH_HOST_FINGERPRINT: ssh.fingerprint,
    ...(files !== undefined && { PVE_SSH_KEY: files.keyFile }),
    ...(files?.knownHostsFile !== undefined && { PVE_SSH_KNOWN_HOSTS: files.knownHostsFile }),
  }
}

/** Where containers can live: rather a storage with linked clones than a directory. */
function containerStorage({ storages }: Cluster): string | undefined {
  const able = storages.all().filter(({ content, disabled }) => content.includes('rootdir') && disabled !== true)
  return (
    able.find(({ type }) => type === 'lvmthin' || type === 'zfspool' || type === 'btrfs' || type === 'rbd') ?? able[0]
  )?.id
}

/** Rather a Debian: recipes begin with one. */
function osTemplate({ storages }: Cluster, node: string): string | undefined {
  const templates = storages
    .all()
    .filter(({ content }) => content.includes('vztmpl'))
    .flatMap(({ id }) => storages.list(id, node, { content: 'vztmpl' }).map(({ volid }) => String(volid)))
  return templates.find((volid) => volid.includes('debian')) ?? templates[0]
}
