import { readFile, rm, writeFile } from 'node:fs/promises'
import { CmuxError } from '../errors.js'

/**
 * Keeps a second simulator away from a state file: both would write into it, and neither could be restarted from it. The lock is a file
 * beside it with our process id; that of a process which was killed counts for nothing.
 *
 * @returns gives the file free
 */
export async function holdStateFile(path: string): Promise<() => Promise<void>> {
  const lock = `${path}.lock`
  if (!(await tryLock(lock))) {
    const holder = await readFile(lock, 'utf8').catch(() => '')
    if (holder.trim() === '' || isAlive(Number(holder))) throw taken(path, lock, holder.trim())
    await rm(lock, { force: true })
    if (!(await tryLock(lock))) throw taken(path, lock, 'that has just begun')
  }
  return () => rm(lock, { force: true })
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, `${process.pid}\n`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function isAlive(id: number): boolean {
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

const taken = (path: string, lock: string, holder: string): CmuxError =>
  new CmuxError('conflict', `The state file ${path} is in use by another simulator (process ${holder}).`, {
    hint: `Name another file with --state; if no simulator uses it, remove ${lock}.`,
  })
