import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Runs lxc-checkpoint with its output in `DIRECTORY/lxc.log`. The monitor of a restored container keeps the output it was started
 * with, so a pipe would never end (LAB-FACTS, finding 1). Rejects with what criu's own log says.
 */
export async function lxcCheckpoint(
  action: 'dump' | 'restore',
  directory: string,
  argv: readonly string[],
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const log = await open(join(directory, 'lxc.log'), 'a')
  try {
    const child = spawn('lxc-checkpoint', ['-D', directory, ...argv], { stdio: ['ignore', log.fd, log.fd] })
    const [status] = await once(child, 'exit')
    if (status === 0) return
  } finally {
    await log.close()
  }
  throw new Error((await lastErrors(join(directory, `${action}.log`))) ?? (await lastLine(join(directory, 'lxc.log'))))
}

/** Logs of a success hold `Error` lines too: this is only for a failure. */
async function lastErrors(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const errors = text.split('\n').filter((line) => line.includes('Error ('))
  return errors.length === 0 ? undefined : errors.slice(-3).join('\n')
}

async function lastLine(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).trimEnd().split('\n').at(-1) ?? ''
}
