import { homedir } from 'node:os'
import { join } from 'node:path'
import type { SshSettings } from '../settings/settings.js'
import { readHostConfig, type SshEnvironment } from './ssh-config.js'

/** In the order in which they are tried where no OpenSSH client says otherwise. */
const DEFAULT_KEY_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** Everything about a host that is needed to connect to it: the settings, and `~/.ssh/config` where they say nothing. */
export interface SshTarget {
  readonly kind: TargetKind
  readonly host: string
  readonly port: number
  readonly user: string
  /** The key that the settings name: no other is offered. */
  readonly keyFile: string | undefined
  /** Keys to try without it, those that exist. */
  readonly identityFiles: readonly string[]
  readonly identitiesOnly: boolean
  readonly agent: string | undefined
  /** Read in this order; a new host's key is added to the first. */
  readonly knownHostsFiles: readonly [string, ...string[]]
  /** What known_hosts is searched for. */
  readonly hostKeyNames: readonly [string, ...string[]]
  readonly fingerprint: string | undefined
  readonly acceptNewHostKey: boolean
  /** A ProxyJump or ProxyCommand, which is not followed. */
  readonly proxy: string | undefined
}

/** What the host is, for messages that say what to do about it. */
export type TargetKind = 'node' | 'container'

/** Settles everything about a host. Error: `not-configured` for an OpenSSH configuration that OpenSSH does not understand. */
export async function resolveTarget(
  settings: SshSettings,
  kind: TargetKind,
  environment: SshEnvironment,
): Promise<SshTarget> {
  const config = await readHostConfig(settings.host, environment)
  const folder = join(environment.HOME ?? homedir(), '.ssh')
  const host = config?.host ?? settings.host
  const port = settings.port ?? config?.port ?? 22
  const [first = join(folder, 'known_hosts'), ...others] =
    settings.knownHostsFile === undefined
      ? (config?.knownHostsFiles ?? [join(folder, 'known_hosts'), '/etc/ssh/ssh_known_hosts'])
      : [settings.knownHostsFile]
  return {
    kind,
    host,
    port,
    user: settings.user ?? config?.user ?? 'root',
    keyFile: settings.keyFile,
    identityFiles: config?.identityFiles ?? DEFAULT_KEY_FILES.map((name) => join(folder, name)),
    identitiesOnly: config?.identitiesOnly ?? false,
    agent: config === undefined ? environment.SSH_AUTH_SOCK : config.agent,
    knownHostsFiles: [first, ...others],
    hostKeyNames: hostKeyNames(host, port, config?.hostKeyAlias),
    fingerprint: settings.fingerprint,
    acceptNewHostKey: settings.acceptNewHostKey ?? false,
    proxy: config?.proxy,
  }
}

/** `root@10.0.0.5:22`, as messages name it. */
export const targetName = ({ user, host, port }: Pick<SshTarget, 'user' | 'host' | 'port'>): string =>
  `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`

/** As OpenSSH does, a host on another port than 22 is looked up without the port when nothing is known with it. */
function hostKeyNames(host: string, port: number, alias: string | undefined): SshTarget['hostKeyNames'] {
  if (alias !== undefined) return [alias]
  return port === 22 ? [host] : [`[${host}]:${port}`, host]
}
