import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../clock.js'

/** Where everything that scripts write is kept. */
export interface OutputLog {
  readonly path: string
  write(text: string | Uint8Array): void
  close(): void
}

/**
 * A new log file in `folder` that only its owner can read; it is made with the first thing written. Everything is written at once, so
 * that it is there whatever happens to this process. `subject` is part of its name.
 */
export function openLog(folder: string, subject: string, clock: Clock): OutputLog {
  const time = new Date(clock.now()).toISOString().replace(/\.\d+/, '').replaceAll(':', '')
  const name = `${subject.replace(/[^\w.-]/g, '_')}-${time}-${randomBytes(3).toString('hex')}.log`
  const path = join(folder, name)
  let descriptor: number | undefined
  const open = () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    return openSync(path, 'wx', 0o600)
  }
  return {
    path,
    write(text) {
      descriptor ??= open()
      writeSync(descriptor, Buffer.from(text))
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor)
      descriptor = undefined
    },
  }
}

/** Where this tool keeps what is not configuration (XDG base directories). */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_STATE_HOME: state, HOME: home = homedir() } = environment
  // The specification has relative paths ignored.
  return join(state?.startsWith('/') ? state : join(home, '.local', 'state'), 'cmux-pve')
}
