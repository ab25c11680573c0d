import { readFileSync, statSync } from 'node:fs'
import { readPipe } from './pipe.js'

export interface SettingsFile {
  readonly text: string
  /** Permission bits, as in `0o600`. */
  readonly mode: number
}

/** Reads a file, or answers undefined when there is none. Other failures (no permission, a folder, a pipe that nobody writes to) throw. */
export type ReadFile = (path: string) => SettingsFile | undefined

export const readSettingsFile: ReadFile = (path) => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  return { text: stats.isFIFO() ? readPipe(path) : readFileSync(path, 'utf8'), mode: stats.mode & 0o777 }
}
