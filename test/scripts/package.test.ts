import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

test('nothing in the package names the folder that it was made in', () => {
  const answer = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const [{ files }] = JSON.parse(answer) as [{ files: readonly { path: string }[] }]
  const paths = files.map(({ path }) => path)
  expect(paths).toEqual(expect.arrayContaining(['bin/run.js', 'dist/cli/main.cjs', 'dist/cli/main.cjs.map']))
  expect(paths.filter((path) => readFileSync(join(ROOT, path)).includes(ROOT))).toEqual([])
})
