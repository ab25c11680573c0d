import { execFile } from 'node:child_process'
import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CmuxError } from '../errors.js'
import type { SshTarget } from './ssh-target.js'

/** One line of a known_hosts file that is about the host asked for. */
export interface KnownHostKey {
  readonly file: string
  readonly line: number
  /** `ssh-ed25519`, … */
  readonly type: string
  readonly key: Buffer
  /** Marked `@revoked`: must never be accepted. */
  readonly revoked: boolean
}

/** The keys that known_hosts holds for a host. `ssh-keygen -F` reads the files, so hashed names and `[host]:port` entries work. */
export async function knownHostKeys({ knownHostsFiles, hostKeyNames }: SshTarget): Promise<readonly KnownHostKey[]> {
  for (const name of hostKeyNames) {
    const found = (await Promise.all(knownHostsFiles.map((file) => lookUp(name, file)))).flat()
    if (found.length > 0) return found
  }
  return []
}

/** Adds a host's key to the first known_hosts file and answers its path. Error: `failed` when it cannot be written. */
export async function rememberHostKey({ knownHostsFiles, hostKeyNames }: SshTarget, key: Buffer): Promise<string> {
  const [file] = knownHostsFiles
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    const unfinished = /[^\n]$/.test(await readFile(file, 'utf8').catch(() => ''))
    const line = `${hostKeyNames[0]} ${hostKeyType(key)} ${key.toString('base64')}\n`
    await appendFile(file, unfinished ? `\n${line}` : line, { mode: 0o600 })
    return file
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CmuxError('failed', `The new host key cannot be remembered: ${reason}`, { cause: error })
  }
}

/** A key blob begins with its type as a length-prefixed string (RFC 4253, 6.6). */
export function hostKeyType(key: Buffer): string {
  return key.length < 4 ? 'unknown' : key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1')
}

async function lookUp(name: string, file: string): Promise<readonly KnownHostKey[]> {
  const output = await new Promise<string>((resolve, reject) => {
    execFile('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' }, (error, stdout) => {
      if (error?.code === 'ENOENT') {
        reject(
          new CmuxError('not-configured', 'ssh-keygen, which reads known_hosts, is not installed', {
            hint: "Install the OpenSSH client, or put the node's key into PVE_SSH_HOST_FINGERPRINT=SHA256:….",
          }),
        )
      }
      // Exit status 1: nothing found, or no such file.
      resolve(stdout)
    })
  })
  return parseLookUp(output, file)
}

/** What `ssh-keygen -F` prints: a comment with the line number before each line found. */
function parseLookUp(output: string, file: string): readonly KnownHostKey[] {
  const keys: KnownHostKey[] = []
  let line = 0
  for (const text of output.split('\n')) {
    const comment = /^# Host .* found: line (\d+)/.exec(text)
    if (comment !== null) {
      line = Number(comment[1])
      continue
    }
    const fields = text.trim().split(/\s+/)
    const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined
    const [, type, key] = fields
    // A certificate authority's key says nothing about the host's own key, and ssh2 knows no host certificates.
    if (type === undefined || key === undefined || marker === '@cert-authority') continue
    keys.push({ file, line, type, key: Buffer.from(key, 'base64'), revoked: marker === '@revoked' })
  }
  return keys
}
