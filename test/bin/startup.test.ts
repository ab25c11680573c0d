import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openTestBench } from '../support/test-bench.js'

const ROOT = join(import.meta.dirname, '../..')

interface Loaded {
  /** Bytes by path in the package: what was read whole. */
  readonly files: Readonly<Record<string, number>>
  /** Modules of Node. */
  readonly modules: readonly string[]
}

/** What one command line loads on its way, whatever the machine and its mood: `npm run bench:startup` measures what that costs. */
async function loadedBy(words: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<Loaded> {
  const bench = await openTestBench()
  const folder = mkdtempSync(join(tmpdir(), 'startup-'))
  onTestFinished(async () => {
    rmSync(folder, { recursive: true })
    await bench.close()
  })
  const report = join(folder, 'report.json')
  const hook = join(ROOT, 'test/fixtures/startup/note-what-is-loaded.cjs')
  const env = { ...settings, NODE_OPTIONS: `--require ${JSON.stringify(hook)}`, STARTUP_REPORT: report }
  expect(await bench.run(words, { env })).toMatchObject({ exitCode: 0 })
  const { files, modules } = JSON.parse(readFileSync(report, 'utf8'))
  const own = Object.entries(files).map(([path, bytes]) => [relative(ROOT, path), bytes])
  return { files: Object.fromEntries(own), modules }
}

const built = ({ files }: Loaded): readonly string[] =>
  Object.keys(files)
    .filter((path) => path.startsWith('dist/'))
    .toSorted()

const bytes = ({ files }: Loaded): number => Object.values(files).reduce((sum, size) => sum + size, 0)

/** What each of Node's own modules costs is small; what they load is not. */
const COSTLY = [
  'child_process',
  'http',
  'https',
  'http2',
  'readline',
  'worker_threads',
  'perf_hooks',
  'fs/promises',
  'module',
]

it('starts a help with one file and the code cache of it', async () => {
  const loaded = await loadedBy(['instance', 'list', '--help'])
  expect(built(loaded)).toEqual(['dist/cli/main.cjs', 'dist/cli/main.cjs.cache'])
  expect(bytes(loaded)).toBeLessThan(1_570_000)
  expect(loaded.modules.filter((name) => [...COSTLY, 'tls', 'crypto', 'v8'].includes(name))).toEqual([])
})

it('adds nothing to it for a list but the HTTP client', async () => {
  const loaded = await loadedBy(['instance', 'list', '--json'])
  expect(built(loaded)).toEqual([
    'dist/cli/commands/instance/list.cjs',
    'dist/cli/main.cjs',
    'dist/cli/main.cjs.cache',
    'dist/cli/undici.cjs',
    'dist/cli/undici.cjs.cache',
  ])
  expect(bytes(loaded)).toBeLessThan(2_100_000)
  expect(loaded.modules.filter((name) => COSTLY.includes(name))).toEqual([])
})
