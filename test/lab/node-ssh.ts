import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SshSettings } from '../../src/lib/settings/settings.js'
import { world } from './in-lab.js'
import { command } from './lxc/command.js'

/** How the lab's node is reached by SSH: root's key, the host key pinned. */
export async function nodeSsh(): Promise<SshSettings & { readonly fingerprint: string; readonly keyFile: string }> {
  const [, fingerprint = ''] = (await command('ssh-keygen', '-lf', '/etc/ssh/lab_host_key.pub')).split(' ')
  return { host: '127.0.0.1', port: 22, user: 'root', keyFile: join(world().directory, 'disk/user_key'), fingerprint }
}

/** Remembers how long sshd's log is now; the returned function answers the lines that came since. */
export async function sshdLog(): Promise<() => Promise<readonly string[]>> {
  const start = (await readFile(LOG)).length
  return async () => (await readFile(LOG)).subarray(start).toString().split('\n').filter(Boolean)
}

/** Process ids of the daemons that serve one connection each, without the listener. */
export async function sshdConnections(): Promise<readonly number[]> {
  const listener = (await readFile('/run/sshd.pid', 'utf8')).trim()
  const children = await readFile(`/proc/${listener}/task/${listener}/children`, 'utf8')
  return children.trim().split(' ').filter(Boolean).map(Number)
}

const LOG = '/run/sshd.log'
