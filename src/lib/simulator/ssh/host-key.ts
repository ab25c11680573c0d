import { createHash } from 'node:crypto'
import ssh2, { type ParsedKey } from 'ssh2'

export interface KeyPair {
  readonly private: string
  readonly public: string
}

/** A new ed25519 key pair in OpenSSH format. ssh2 writes one in 150 so that nobody can read it: then another one is made. */
export function newKeyPair(comment = ''): KeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair
  }
}

/** `SHA256:…`, as ssh-keygen prints it. */
export function keyFingerprint(key: string): string {
  const hash = createHash('sha256').update(parsedKey(key).getPublicSSH()).digest('base64')
  return `SHA256:${hash.replace(/=+$/, '')}`
}

/** `ssh-ed25519 AAAA…`: the public half of a private host key. */
export function publicHostKey(key: string): string {
  const parsed = parsedKey(key)
  return `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`
}

/** A private or public key from its text. Throws when it is none. */
export function parsedKey(key: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(key)
  if (parsed instanceof Error) throw parsed
  const [first] = Array.isArray(parsed) ? parsed : [parsed]
  if (first === undefined) throw new Error('no key found')
  return first
}
