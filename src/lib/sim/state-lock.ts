import { readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { CmuxError } from '../errors.js'

/**
 * Keeps a second simulator away from a state file: both would write into it, and neither could be restarted from it. The lock is a file
 * beside it with our process id and when we started; that of a process which was killed counts for nothing, whoever has its id now.
 *
 * @returns gives the file free
 */
export async function holdStateFile(path: string): Promise<() => Promise<void>> {
  const lock = `${path}.lock`
  if (!(await tryLock(lock))) {
    const holder = await readFile(lock, 'utf8').catch(() => '')
    const [id = '', since] = holder.trim().split(' ')
    if (id === '' || isAlive(Number(id), since)) throw taken(path, lock, id)
    await rm(lock, { force: true })
    if (!(await tryLock(lock))) throw taken(path, lock, 'that has just begun')
  }
  return () => rm(lock, { force: true })
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    const since = statOf(process.pid).started
    await writeFile(lock, `${process.pid}${since === undefined ? '' : ` ${since}`}\n`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    // A full disk takes the file, and nothing into it.
    await rm(lock, { force: true })
    throw error
  }
}

/** `since` absent: nothing tells when it started, and whoever has the id counts. */
function isAlive(id: number, since: string | undefined): boolean {
  const { state, started } = statOf(id)
  if (since !== undefined && started !== undefined && started !== since) return false
  // Killed, and its parent has not asked how it ended.
  if (state === 'Z' || state === 'X') return false
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Fields 3 and 22 of proc(5): in which state a process is, and how many clock ticks after the machine's boot it began. Nothing: there is none, or no /proc. */
function statOf(id: number): { readonly state?: string | undefined; readonly started?: string | undefined } {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8')
    // The name before them may hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0], started: fields[19] }
  } catch {
    return {}
  }
}

const taken = (path: string, lock: string, holder: string): CmuxError =>
  new CmuxError('conflict', `The state file ${path} is in use by another simulator (process ${holder}).`, {
    hint: `Name another file with --state; if no simulator uses it, remove ${lock}.`,
  })
