import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { AnyAuthMethod } from 'ssh2'
import { CmuxError } from '../errors.js'
import type { SshSettings } from '../settings/settings.js'

const DEFAULT_KEY_FILES = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** The parts of the process environment that matter here. */
export interface IdentityEnvironment {
  readonly SSH_AUTH_SOCK?: string | undefined
  readonly HOME?: string | undefined
}

export interface Identities {
  readonly methods: readonly AnyAuthMethod[]
  /** The same for messages: `agent, ~/.ssh/id_ed25519`. */
  readonly description: string
}

type LoadedKey = { readonly file: string } & ({ readonly key: Buffer } | { readonly problem: string })

/**
 * What to log in with: the key of PVE_SSH_KEY when it is set, else the agent and the usual key files. An encrypted key works through
 * the agent only. Nothing usable: `not-configured`.
 */
export async function identities(settings: SshSettings, environment: IdentityEnvironment): Promise<Identities> {
  const chosen = settings.keyFile === undefined ? undefined : await loadKey(settings.keyFile)
  const agent = environment.SSH_AUTH_SOCK
  if (chosen !== undefined && 'key' in chosen) {
    return { methods: [publicKey(settings, chosen.key)], description: chosen.file }
  }
  if (chosen !== undefined && !(chosen.problem === ENCRYPTED && agent)) {
    throw new CmuxError('not-configured', `Cannot use the SSH key ${chosen.file}: ${chosen.problem}`, {
      hint: 'Correct PVE_SSH_KEY, or load the key into ssh-agent with ssh-add.',
    })
  }
  const loaded = chosen === undefined ? await defaultKeys(environment.HOME ?? homedir()) : []
  const methods: AnyAuthMethod[] = [
    ...(agent ? [{ type: 'agent' as const, username: settings.user, agent }] : []),
    ...loaded.map(({ key }) => publicKey(settings, key)),
  ]
  if (methods.length === 0) {
    throw new CmuxError('not-configured', `There is no SSH key to log in to ${settings.user}@${settings.host} with`, {
      hint: 'Set PVE_SSH_KEY to a private key that the node accepts, or load one with ssh-add.',
    })
  }
  return { methods, description: [...(agent ? ['agent'] : []), ...loaded.map(({ file }) => file)].join(', ') }
}

const ENCRYPTED = 'it is encrypted'

const publicKey = (settings: SshSettings, key: Buffer): AnyAuthMethod => ({
  type: 'publickey',
  username: settings.user,
  key,
})

async function defaultKeys(home: string) {
  const keys = await Promise.all(DEFAULT_KEY_FILES.map((name) => loadKey(join(home, '.ssh', name))))
  return keys.filter((key) => 'key' in key)
}

async function loadKey(file: string): Promise<LoadedKey> {
  const { default: ssh2 } = await import('ssh2')
  try {
    const { mode, uid } = await stat(file)
    if (uid === process.getuid?.() && (mode & 0o077) !== 0) return { file, problem: 'others can read it (chmod 600)' }
    const key = await readFile(file)
    const parsed = ssh2.utils.parseKey(key)
    if (!(parsed instanceof Error)) return { file, key }
    return { file, problem: /encrypted/i.test(parsed.message) ? ENCRYPTED : parsed.message }
  } catch (error) {
    return { file, problem: error instanceof Error ? error.message : String(error) }
  }
}
