import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What install.sh has put onto this machine. */
export interface Installation {
  /** The folder test/lab. */
  readonly lab: string
  /** Folder with a criu that works with this kernel. */
  readonly criu: string
  /** A tar file with the root file system of a Debian container that has OpenSSH's server. */
  readonly debian: string
}

/**
 * Makes sure that everything is there: under a minute the first time, then a moment. CMUX_LAB_CACHE says where, else the user's cache
 * folder. Rejects with the end of what the script said.
 */
export async function install(
  environment: NodeJS.ProcessEnv,
  lab: string = import.meta.dirname,
): Promise<Installation> {
  const cache =
    environment['CMUX_LAB_CACHE'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cmux-pve-lab')
  const script = spawn(join(lab, 'install.sh'), [cache], { stdio: ['ignore', 'inherit', 'pipe'] })
  let complaint = ''
  script.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-2000)
  })
  const [status] = await once(script, 'close')
  if (status !== 0) throw new Error(`the lab cannot be installed: ${complaint.trim()}`)
  return { lab, criu: join(cache, 'criu', 'bin'), debian: join(cache, 'debian-sshd.tar') }
}
