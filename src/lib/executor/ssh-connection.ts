import type { Client } from 'ssh2'
import { CmuxError } from '../errors.js'
import { hostKeyFingerprint, hostKeyPreference, judgeHostKey } from './host-key.js'
import { identities } from './identities.js'
import { knownHostKeys, rememberHostKey } from './known-hosts.js'
import { type SshTarget, targetName } from './ssh-target.js'

export interface ConnectionOptions {
  /** Milliseconds for everything up to the end of authentication. */
  readonly connectTimeout: number
  /** Milliseconds between keep-alive messages; three without an answer mean the connection is lost. */
  readonly keepAliveInterval: number
  /** Told when a host was trusted because it was new. */
  readonly onNewHostKey: (text: string) => void
}

/** An authenticated connection. `lost` is set, and never cleared, once it is of no more use. */
export interface SshConnection {
  readonly client: Client
  readonly lost: Error | undefined
  close(): void
}

/**
 * Connects and logs in. The host's key is judged before anything is authenticated. Errors: `untrusted` (key), `unauthorised` (no key
 * accepted), `unavailable` (not reachable, not SSH, too slow), `not-configured` (nothing to log in with).
 */
export async function openConnection(
  target: SshTarget,
  options: ConnectionOptions,
  signal?: AbortSignal,
): Promise<SshConnection> {
  const [{ default: ssh2 }, known, identity] = await Promise.all([
    import('ssh2'),
    target.fingerprint === undefined ? knownHostKeys(target) : [],
    identities(target),
  ])
  signal?.throwIfAborted()
  const client = new ssh2.Client()
  let refusal: CmuxError | undefined
  let newKey: Buffer | undefined
  let lost: Error | undefined

  await new Promise<void>((resolve, reject) => {
    const fail = (reason: unknown) => {
      client.destroy()
      reject(reason)
    }
    const onAbort = () => fail(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    client.once('ready', () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    // Stays for the life of the connection: a Client without an error listener would end the process.
    client.on('error', (error) => {
      lost ??= error
      fail(refusal ?? connectError(target, error, identity.description))
    })
    client.on('close', () => {
      lost ??= new Error('the connection was closed')
      signal?.removeEventListener('abort', onAbort)
      fail(refusal ?? connectError(target, lost, identity.description))
    })
    client.connect({
      host: target.host,
      port: target.port,
      username: target.user,
      authHandler: [...identity.methods],
      algorithms: { serverHostKey: hostKeyPreference(known) },
      readyTimeout: options.connectTimeout,
      keepaliveInterval: options.keepAliveInterval,
      keepaliveCountMax: 3,
      hostVerifier: (key: Buffer) => {
        const verdict = judgeHostKey(target, key, known)
        if ('refusal' in verdict) refusal = verdict.refusal
        else if (verdict.trusted === 'new') newKey = key
        return refusal === undefined
      },
    })
    // As ssh has it: small messages that follow one another are not held back until the first is acknowledged.
    client.setNoDelay(true)
  })

  if (newKey !== undefined) {
    const fingerprint = hostKeyFingerprint(newKey)
    try {
      const file = await rememberHostKey(target, newKey)
      options.onNewHostKey(`Trusted the host key ${fingerprint} of ${targetName(target)}, now in ${file}`)
    } catch (error) {
      client.destroy()
      throw error
    }
  }
  return {
    client,
    get lost() {
      return lost
    },
    close: () => client.end(),
  }
}

function connectError(target: SshTarget, error: Error & { level?: string }, offered: string): CmuxError {
  const name = targetName(target)
  if (error.level === 'client-authentication') {
    return new CmuxError('unauthorised', `${name} accepted none of the SSH keys offered (${offered})`, {
      hint:
        target.kind === 'node'
          ? `Add the public key to the node: ssh-copy-id -p ${target.port} ${target.user}@${target.host}, or set PVE_SSH_KEY.`
          : "Add the public key to the container's /root/.ssh/authorized_keys, or set PVE_SSH_KEY.",
      cause: error,
    })
  }
  return new CmuxError('unavailable', `Cannot connect to ${name} by SSH: ${error.message}`, {
    hint: [
      target.kind === 'node'
        ? 'Check PVE_SSH_HOST, that sshd runs on the node, and that no firewall is in between.'
        : 'Check that sshd runs in the container, and that no firewall is in between.',
      ...(target.proxy === undefined ? [] : [`The proxy of your SSH configuration (${target.proxy}) is not used.`]),
    ].join(' '),
    cause: error,
  })
}
