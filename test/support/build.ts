import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** vitest's global set-up: the tests that start the tool need it built, and so are the fixtures. */
export default function build(): void {
  const cwd = join(import.meta.dirname, '../..')
  for (const [script, ...options] of [
    ['scripts/build.ts', '--if-stale'],
    ['test/support/build-fixtures.ts'],
  ] as const) {
    const { status } = spawnSync(process.execPath, ['scripts/run.mjs', script, ...options], { cwd, stdio: 'inherit' })
    if (status !== 0) process.stderr.write(`${script} failed: tests that start the tool see its last build\n`)
  }
}
