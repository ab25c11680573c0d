import { createHash } from 'node:crypto'
import { CmuxError } from '../errors.js'
import type { SshSettings } from '../settings/settings.js'
import type { KnownHostKey } from './known-hosts.js'

/** Host key types in the order OpenSSH prefers them. */
const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const
export type HostKeyAlgorithm = (typeof HOST_KEY_ALGORITHMS)[number]

/**
 * Decides about the key a host showed: undefined to go on, or the error to stop with. Nothing has been sent to the host yet but
 * the key exchange. A pinned fingerprint (PVE_SSH_HOST_FINGERPRINT) decides alone; without one known_hosts does.
 */
export function judgeHostKey(
  settings: SshSettings,
  shown: Buffer,
  known: readonly KnownHostKey[],
): CmuxError | undefined {
  const fingerprint = hostKeyFingerprint(shown)
  if (settings.fingerprint !== undefined) {
    return settings.fingerprint === fingerprint ? undefined : changed(settings, shown, 'PVE_SSH_HOST_FINGERPRINT')
  }
  if (known.some((entry) => entry.revoked && entry.key.equals(shown))) return changed(settings, shown, 'known_hosts')
  const usable = known.filter((entry) => !entry.revoked)
  if (usable.some((entry) => entry.key.equals(shown))) return undefined
  const other = usable[0]
  return other === undefined ? unknown(settings, shown) : changed(settings, shown, `${other.file} line ${other.line}`)
}

/** `SHA256:…` as ssh-keygen prints it. */
function hostKeyFingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** Asks first for the kinds of key that are known, so that a host with several keys shows the one that can be checked. */
export function hostKeyPreference(known: readonly KnownHostKey[]): HostKeyAlgorithm[] {
  const types = new Set(known.map((entry) => entry.type))
  const isKnown = (algorithm: HostKeyAlgorithm) => types.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  return [...HOST_KEY_ALGORITHMS.filter(isKnown), ...HOST_KEY_ALGORITHMS.filter((algorithm) => !isKnown(algorithm))]
}

function unknown(settings: SshSettings, shown: Buffer): CmuxError {
  const fingerprint = hostKeyFingerprint(shown)
  const [keyType, port] = [typeOf(shown), settings.port === 22 ? '' : `-p ${settings.port} `]
  return new CmuxError(
    'untrusted',
    `The SSH host key of ${settings.host}:${settings.port} is not known: ${keyType} ${fingerprint}`,
    {
      hint:
        `If the node's own console prints the same for \`ssh-keygen -lf /etc/ssh/ssh_host_${keyName(keyType)}_key.pub\`, put ` +
        `PVE_SSH_HOST_FINGERPRINT=${fingerprint} into .env, or run: ssh-keyscan ${port}${settings.host} >> ${settings.knownHostsFile ?? '~/.ssh/known_hosts'}`,
    },
  )
}

function changed(settings: SshSettings, shown: Buffer, where: string): CmuxError {
  const name = settings.port === 22 ? settings.host : `[${settings.host}]:${settings.port}`
  return new CmuxError(
    'untrusted',
    `The SSH host key of ${settings.host}:${settings.port} is not the one in ${where}: it showed ${typeOf(shown)} ${hostKeyFingerprint(shown)}`,
    {
      hint: where.startsWith('PVE_')
        ? 'Somebody may be in between. If the node was reinstalled, check its key on its own console and correct the setting.'
        : `Somebody may be in between. If the node was reinstalled, check its key on its own console and remove the old one: ssh-keygen -R '${name}'`,
    },
  )
}

/** A key blob begins with its type as a length-prefixed string (RFC 4253, 6.6). */
function typeOf(key: Buffer): string {
  return key.length < 4 ? 'unknown' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1')
}

const keyName = (type: string): string => (type.startsWith('ecdsa') ? 'ecdsa' : type.replace(/^ssh-/, ''))
