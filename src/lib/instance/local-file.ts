import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream, rmSync } from 'node:fs'
import { chmod, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { CmuxError } from '../errors.js'

/** What was written, as far as whoever wrote it knows. */
export interface Written {
  /** Permission bits that the file had where it comes from. */
  readonly mode: number | undefined
}

/**
 * Writes a local file whose content `write` gives. In place of a folder, `name` in it is written. Until everything is there it has a random
 * name beside and mode 0600; it is removed when it does not come to that. Pipes and devices are written as they are. `mode`: permissions;
 * absent: those of the file that is replaced, else those that it comes with as far as the umask lets them through. Errors: those of
 * `write`; `failed` when it cannot be written, `storage-full` where there is no room.
 */
export async function writeLocalFile<T extends Written>(
  path: string,
  name: string,
  mode: number | undefined,
  write: (sink: Writable) => Promise<T>,
): Promise<{ readonly file: string; readonly result: T }> {
  const folder = (await info(path))?.isDirectory() === true
  const file = folder ? join(path, name) : path
  const old = await info(file)
  if (old !== undefined && !old.isFile()) {
    if (old.isDirectory()) throw new CmuxError('invalid', `${file} is a folder`)
    return { file, result: await writeAll(file, 'w', write) }
  }
  const temporary = `${file}.cmux-pve-${randomBytes(8).toString('hex')}`
  const remove = () => rmSync(temporary, { force: true })
  process.once('exit', remove)
  try {
    const result = await writeAll(temporary, 'wx', write)
    const inherited = old?.mode ?? (result.mode ?? 0o644) & 0o777 & ~process.umask()
    await chmod(temporary, (mode ?? inherited) & 0o7777)
    await rename(temporary, file)
    return { file, result }
  } finally {
    remove()
    process.off('exit', remove)
  }
}

async function writeAll<T>(file: string, flags: 'w' | 'wx', write: (sink: Writable) => Promise<T>): Promise<T> {
  const stream = createWriteStream(file, { flags, mode: 0o600 })
  // A write that is under way when all is over fails after everybody else has stopped listening.
  stream.on('error', () => {})
  try {
    await once(stream, 'open')
    const result = await write(stream)
    stream.end()
    await finished(stream)
    return result
  } catch (error) {
    // Whoever writes knows only that it was not taken.
    throw stream.errored === null ? error : unwritable(file, stream.errored)
  } finally {
    stream.destroy()
  }
}

function unwritable(file: string, error: NodeJS.ErrnoException): CmuxError {
  const message = `${file} cannot be written: ${error.message}`
  if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') return new CmuxError('failed', message, { cause: error })
  return new CmuxError('storage-full', message, { hint: 'Make room on that disk.', cause: error })
}

async function info(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw unwritable(path, error)
  })
}
