import { statSync } from 'node:fs'
import { join } from 'node:path'
import { filesIn, ROOT } from './files.js'

/** Whether dist/ is younger than everything it is made from. */
export function isFresh(): boolean {
  const made = ['dist/cli/main.cjs', 'dist/cli/main.cjs.cache', 'dist/lib/index.js', 'oclif.manifest.json']
  const sources = ['src', 'scripts', 'bin'].flatMap((folder) => filesIn(folder, '').map((file) => `${folder}/${file}`))
  const oldest = Math.min(...made.map(modified))
  return [...sources, 'package.json', 'package-lock.json'].every((file) => modified(file) <= oldest)
}

/** Milliseconds; a file that is not there is as old as can be. */
const modified = (file: string): number => statSync(join(ROOT, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
