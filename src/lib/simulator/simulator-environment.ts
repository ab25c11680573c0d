import type { Cluster } from './cluster.js'
import type { SimulatorSsh, SimulatorToken } from './serve.js'

/** What a shell needs to point every command at a simulator. `keyFile`: where its private SSH key lies. */
export function simulatorEnvironment(
  simulator: {
    readonly url: string
    readonly fingerprint: string
    readonly token: SimulatorToken
    readonly node: string
    readonly ssh: SimulatorSsh
    readonly cluster: Cluster
  },
  keyFile?: string,
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
    ...(keyFile !== undefined && { PVE_SSH_KEY: keyFile }),
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
