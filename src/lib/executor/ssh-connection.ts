import type { Client } from 'ssh2'
import { CmuxError } from '../errors.js'
import type { SshSettings } from '../settings/settings.js'
import { hostKeyPreference, judgeHostKey } from './host-key.js'
import { type IdentityEnvironment, identities } from './identities.js'
import { knownHostKeys } from './known-hosts.js'

export interface ConnectionOptions {
  /** Milliseconds for everything up to the end of authentication. */
  readonly connectTimeout: number
  /** Milliseconds between keep-alive messages; three without an answer mean the connection is lost. */
  readonly keepAliveInterval: number
  readonly environment: IdentityEnvironment
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
  settings: SshSettings,
  options: ConnectionOptions,
  signal?: AbortSignal,
): Promise<SshConnection> {
  const [{ default: ssh2 }, known, identity] = await Promise.all([
    import('ssh2'),
    settings.fingerprint === undefined ? knownHostKeys(settings) : [],
    identities(settings, options.environment),
  ])
  signal?.throwIfAborted()
  const client = new ssh2.Client()
  let refusal: CmuxError | undefined
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
      fail(refusal ?? connectError(settings, error, identity.description))
    })
    client.on('close', () => {
      lost ??= new Error('the connection was closed')
      signal?.removeEventListener('abort', onAbort)
      fail(refusal ?? connectError(settings, lost, identity.description))
    })
    client.connect({
      host: settings.host,
      port: settings.port,
      username: settings.user,
      authHandler: [...identity.methods],
      algorithms: { serverHostKey: hostKeyPreference(known) },
      readyTimeout: options.connectTimeout,
      keepaliveInterval: options.keepAliveInterval,
      keepaliveCountMax: 3,
      hostVerifier: (key: Buffer) => {
        refusal = judgeHostKey(settings, key, known)
        return refusal === undefined
      },
    })
  })

  return {
    client,
    get lost() {
      return lost
    },
    close: () => client.end(),
  }
}

function connectError(settings: SshSettings, error: Error & { level?: string }, offered: string): CmuxError {
  const target = `${settings.user}@${settings.host}:${settings.port}`
  if (error.level === 'client-authentication') {
    return new CmuxError('unauthorised', `${target} accepted none of the SSH keys offered (${offered})`, {
      hint: `Add the public key to the node: ssh-copy-id -p ${settings.port} ${settings.user}@${settings.host}, or set PVE_SSH_KEY.`,
      cause: error,
    })
  }
  return new CmuxError('unavailable', `Cannot connect to ${target} by SSH: ${error.message}`, {
    hint: 'Check PVE_SSH_HOST, that sshd runs on the node, and that no firewall is in between.',
    cause: error,
  })
}
