import { readFile, stat } from 'node:fs/promises'
import type { AnyAuthMethod, ParsedKey } from 'ssh2'
import { CmuxError } from '../errors.js'
import { agentWith } from './agent.js'
import { type SshTarget, targetName } from './ssh-target.js'

export interface Identities {
  readonly methods: readonly AnyAuthMethod[]
  /** The same for messages: `agent, ~/.ssh/id_ed25519`. */
  readonly description: string
}

type LoadedKey =
  | { readonly file: string; readonly key: Buffer; readonly publicKey: ParsedKey }
  | { readonly file: string; readonly problem: string; readonly publicKey?: ParsedKey | undefined }

/**
 * What to log in with: the key of PVE_SSH_KEY when it is set, else the agent and the key files of `~/.ssh/config` (the usual ones when it
 * names none). An encrypted key, and one of which only the public half is here, works through the agent. Nothing usable:
 * `not-configured`.
 */
export async function identities(target: SshTarget): Promise<Identities> {
  const { keyFile, agent } = target
  if (keyFile !== undefined) {
    const chosen = await loadKey(keyFile)
    if ('key' in chosen) return { methods: [privateKey(target, chosen.key)], description: keyFile }
    if (agent === undefined || !NEEDS_AGENT.has(chosen.problem)) throw unusable(chosen.file, chosen.problem)
    return { methods: [await throughAgent(target, agent, [chosen])], description: `${keyFile} in the agent` }
  }
  const files = await Promise.all(target.identityFiles.map(loadKey))
  const loaded = files.filter((key) => 'key' in key)
  const methods: AnyAuthMethod[] = [
    ...(agent === undefined ? [] : [await throughAgent(target, agent, target.identitiesOnly ? files : undefined)]),
    ...loaded.map(({ key }) => privateKey(target, key)),
  ]
  if (methods.length === 0) {
    throw new CmuxError('not-configured', `There is no SSH key to log in to ${targetName(target)} with`, {
      hint: `Set PVE_SSH_KEY to a private key that the ${target.kind} accepts, or load one with ssh-add.`,
    })
  }
  return {
    methods,
    description: [...(agent === undefined ? [] : ['agent']), ...loaded.map(({ file }) => file)].join(', '),
  }
}

const ENCRYPTED = 'it is encrypted'
const PUBLIC = 'it is a public key'
const NEEDS_AGENT: ReadonlySet<string> = new Set([ENCRYPTED, PUBLIC])

const unusable = (file: string, problem: string): CmuxError =>
  new CmuxError('not-configured', `Cannot use the SSH key ${file}: ${problem}`, {
    hint: 'Correct PVE_SSH_KEY, or load the key into ssh-agent with ssh-add.',
  })

const privateKey = ({ user }: SshTarget, key: Buffer): AnyAuthMethod => ({ type: 'publickey', username: user, key })

/** Servers give up on who offers many keys, so where it is known which ones are meant, the agent offers no other. */
async function throughAgent(
  { user }: SshTarget,
  socket: string,
  keys: readonly LoadedKey[] | undefined,
): Promise<AnyAuthMethod> {
  const wanted = keys?.flatMap(({ publicKey }) => publicKey ?? [])
  const known = wanted !== undefined && wanted.length > 0
  return { type: 'agent', username: user, agent: known ? await agentWith(socket, wanted) : socket }
}

async function loadKey(file: string): Promise<LoadedKey> {
  try {
    const { mode, uid } = await stat(file)
    const key = await readFile(file)
    const parsed = await parse(key)
    if (!(parsed instanceof Error) && !parsed.isPrivateKey()) return { file, problem: PUBLIC, publicKey: parsed }
    if (uid === process.getuid?.() && (mode & 0o077) !== 0) return { file, problem: 'others can read it (chmod 600)' }
    if (!(parsed instanceof Error)) return { file, key, publicKey: parsed }
    return /encrypted/i.test(parsed.message)
      ? { file, problem: ENCRYPTED, publicKey: await publicHalf(file) }
      : { file, problem: parsed.message }
  } catch (error) {
    return { file, problem: error instanceof Error ? error.message : String(error) }
  }
}

/** What ssh-keygen writes beside a private key. */
async function publicHalf(file: string): Promise<ParsedKey | undefined> {
  const parsed = await readFile(`${file}.pub`).then(parse, () => undefined)
  return parsed instanceof Error ? undefined : parsed
}

async function parse(key: Buffer): Promise<ParsedKey | Error> {
  const { default: ssh2 } = await import('ssh2')
  return ssh2.utils.parseKey(key)
}
