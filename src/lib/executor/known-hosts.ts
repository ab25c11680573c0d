import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CmuxError } from '../errors.js'
import type { SshSettings } from '../settings/settings.js'

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

/**
 * The keys that known_hosts holds for a host. `ssh-keygen -F` reads the files, so hashed names and `[host]:port` entries work.
 * As OpenSSH does, a host on another port than 22 is looked up without the port when nothing is known with it.
 */
export async function knownHostKeys(settings: SshSettings): Promise<readonly KnownHostKey[]> {
  const files =
    settings.knownHostsFile === undefined
      ? [join(homedir(), '.ssh', 'known_hosts'), '/etc/ssh/ssh_known_hosts']
      : [settings.knownHostsFile]
  const names = settings.port === 22 ? [settings.host] : [`[${settings.host}]:${settings.port}`, settings.host]
  for (const name of names) {
    const found = (await Promise.all(files.map((file) => lookUp(name, file)))).flat()
    if (found.length > 0) return found
  }
  return []
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
