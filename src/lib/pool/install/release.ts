import { createHash } from 'node:crypto'
import { cp, lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What of the tool's folder is installed. Maps of the source serve its developers only. */
const PARTS = ['bin', 'dist/cli', 'docs', 'recipes', 'deploy', 'oclif.manifest.json', 'package.json', 'LICENSE']
const isInstalled = (path: string): boolean => !path.endsWith('.map')

/** `0.1.0-` and a hash over all that is installed: two builds of one version are told apart. */
export async function releaseName(home: string): Promise<string> {
  const hash = createHash('sha256')
  for (const path of (await Promise.all(PARTS.map((part) => filesOf(home, part)))).flat()) {
    hash
      .update(`${path}\0`)
      .update(await readFile(join(home, path)))
      .update('\0')
  }
  const { version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))
  return `${version}-${hash.digest('hex').slice(0, 12)}`
}

/** Copies the tool to `target`, which comes into being as a whole or not at all. */
export async function copyRelease(home: string, target: string): Promise<void> {
  const half = `${target}.${process.pid}.tmp`
  try {
    for (const path of (await Promise.all(PARTS.map((part) => filesOf(home, part)))).flat()) {
      await mkdir(dirname(join(half, path)), { recursive: true, mode: 0o755 })
      await cp(join(home, path), join(half, path), { preserveTimestamps: true })
    }
    await rename(half, target)
  } finally {
    await rm(half, { recursive: true, force: true })
  }
}

/** Paths of files relative to `home`, sorted; none where there is no such part. */
async function filesOf(home: string, part: string): Promise<readonly string[]> {
  const found = await lstat(join(home, part)).catch(() => undefined)
  if (found === undefined) return []
  if (found.isFile()) return [part]
  const names = await readdir(join(home, part), { recursive: true, withFileTypes: true })
  return names
    .filter((entry) => entry.isFile() && isInstalled(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1))
    .sort()
}
