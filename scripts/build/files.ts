import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of package.json: scripts/run.mjs starts scripts there. */
export const ROOT = process.cwd()

/** Files below `folder` (a path in the repository), as paths relative to it, sorted. */
export function filesIn(folder: string, extension: string): readonly string[] {
  if (!existsSync(join(ROOT, folder))) return []
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => file.replaceAll('\\', '/'))
    .sort()
}

/** Replaces a file in one step, so that whoever runs the tool meanwhile never sees half of one. */
export function replaceFile(path: string, content: string | Uint8Array): void {
  const target = join(ROOT, path)
  mkdirSync(dirname(target), { recursive: true })
  if (readIfThere(target)?.equals(Buffer.from(content))) return
  const temporary = `${target}.${process.pid}`
  writeFileSync(temporary, content)
  renameSync(temporary, target)
}

/** Removes the files with `extension` below `folder` that are not in `keep`. */
export function removeOthers(folder: string, extension: string, keep: readonly string[]): void {
  for (const file of filesIn(folder, extension)) {
    if (!keep.includes(file)) rmSync(join(ROOT, folder, file))
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}
