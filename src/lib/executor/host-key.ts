import { createHash } from 'node:crypto'
import { CmuxError } from '../errors.js'
import { hostKeyType, type KnownHostKey } from './known-hosts.js'
import { type SshTarget, type TargetKind, targetName } from './ssh-target.js'

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

export type HostKeyVerdict = { readonly trusted: 'known' | 'new' } | { readonly refusal: CmuxError }

/**
 * Decides about the key a host showed. Nothing has been sent to the host yet but the key exchange. A pinned fingerprint decides alone;
 * without one known_hosts does, and a host that it does not hold is trusted only where the settings say so.
 */
export function judgeHostKey(target: SshTarget, shown: Buffer, known: readonly KnownHostKey[]): HostKeyVerdict {
  const { fingerprint, kind, acceptNewHostKey } = target
  if (fingerprint !== undefined) {
    return fingerprint === hostKeyFingerprint(shown)
      ? { trusted: 'known' }
      : { refusal: changed(target, shown, PINNED[kind]) }
  }
  if (known.some((entry) => entry.revoked && entry.key.equals(shown)))
    return { refusal: changed(target, shown, 'known_hosts') }
  const usable = known.filter((entry) => !entry.revoked)
  if (usable.some((entry) => entry.key.equals(shown))) return { trusted: 'known' }
  const other = usable[0]
  if (other !== undefined) return { refusal: changed(target, shown, `${other.file} line ${other.line}`) }
  return acceptNewHostKey ? { trusted: 'new' } : { refusal: unknown(target, shown) }
}

const PINNED: Readonly<Record<TargetKind, string>> = {
  node: 'PVE_SSH_HOST_FINGERPRINT',
  container: 'PVE_CONTAINER_HOST_FINGERPRINT',
}

/** `SHA256:…` as ssh-keygen prints it. */
export function hostKeyFingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** Asks first for the kinds of key that are known, so that a host with several keys shows the one that can be checked. */
export function hostKeyPreference(known: readonly KnownHostKey[]): HostKeyAlgorithm[] {
  const types = new Set(known.map((entry) => entry.type))
  const isKnown = (algorithm: HostKeyAlgorithm) => types.has(algorithm.startsWith('rsa-') ? 'ssh-rsa' : algorithm)
  return [...HOST_KEY_ALGORITHMS.filter(isKnown), ...HOST_KEY_ALGORITHMS.filter((algorithm) => !isKnown(algorithm))]
}

function unknown(target: SshTarget, shown: Buffer): CmuxError {
  const { host, port, kind } = target
  const fingerprint = hostKeyFingerprint(shown)
  const type = hostKeyType(shown)
  const scan = `ssh-keyscan ${port === 22 ? '' : `-p ${port} `}${host} >> ${target.knownHostsFiles[0]}`
  const message = `The SSH host key of ${place(target)} is not known: ${type} ${fingerprint}`
  return new CmuxError('untrusted', message, {
    hint:
      `If the ${kind}'s own console prints the same for \`ssh-keygen -lf /etc/ssh/ssh_host_${keyName(type)}_key.pub\`, put ` +
      `${PINNED[kind]}=${fingerprint} into .env, or run: ${scan}. To trust whatever answers now: --accept-new-host-key`,
  })
}

function changed(target: SshTarget, shown: Buffer, where: string): CmuxError {
  const type = hostKeyType(shown)
  const message = `The SSH host key of ${place(target)} is not the one in ${where}: it showed ${type} ${hostKeyFingerprint(shown)}`
  const again = `If the ${target.kind} was ${AGAIN[target.kind]}, check its key on its own console and`
  return new CmuxError('untrusted', message, {
    hint: `Somebody may be in between. ${again} ${
      where.startsWith('PVE_')
        ? 'correct the setting.'
        : `remove the old one: ssh-keygen -R '${target.hostKeyNames[0]}'`
    }`,
  })
}

const AGAIN: Readonly<Record<TargetKind, string>> = {
  node: 'reinstalled',
  container: 'made anew, or has the address of one that is gone',
}

const place = (target: SshTarget): string => targetName(target).replace(/^.*@/, '')

const keyName = (type: string): string => (type.startsWith('ecdsa') ? 'ecdsa' : type.replace(/^ssh-/, ''))
