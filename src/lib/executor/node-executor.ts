import { isCmuxError } from '../errors.js'
import type { ClusterStatus, PveClient } from '../pve/client.js'
import type { SshSettings } from '../settings/settings.js'
import type { Executor } from './executor.js'
import type { SshOptions } from './ssh-executor.js'

/**
 * An executor on the node that a container is on: `pct` works there only. On a single node, and on the node that the settings name, the
 * settings are used as they are; another node of the cluster is reached at its own address with the same user, port and key.
 */
export async function nodeExecutor(
  client: PveClient,
  settings: SshSettings,
  apiHost: string,
  node: string,
  options: SshOptions = {},
): Promise<Executor> {
  const { SshExecutor } = await import('./ssh-executor.js')
  return new SshExecutor(sshSettingsFor(node, settings, apiHost, await clusterNodes(client)), options)
}

/** Needs Sys.Audit on `/`; a token without it works with the node of the settings alone. */
async function clusterNodes(client: PveClient): Promise<ClusterStatus['nodes']> {
  try {
    return (await client.cluster.status()).nodes
  } catch (error) {
    if (isCmuxError(error, 'forbidden')) return []
    throw error
  }
}

/** The decision of `nodeExecutor`. A pinned host key belongs to one host: the others are looked up in known_hosts. */
export function sshSettingsFor(
  node: string,
  settings: SshSettings,
  apiHost: string,
  nodes: ClusterStatus['nodes'],
): SshSettings {
  const entry = nodes.find(({ name }) => name === node)
  if (nodes.length <= 1 || entry === undefined) return settings
  const named = nodes.find(({ name, ip }) => settings.host === ip || settings.host.split('.')[0] === name)
  // `local` marks the node that answered: the one behind the host name of PVE_API_URL.
  const configured = named ?? (settings.host === apiHost ? nodes.find(({ local }) => local) : undefined)
  if (configured?.name === node) return settings
  const { fingerprint: _pinned, ...others } = settings
  return { ...others, host: entry.ip ?? entry.name }
}
