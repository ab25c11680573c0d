import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { CRIU_READY, openCriuBench } from '../support/criu-bench.js'

const ROOT = join(import.meta.dirname, '../..')

/** The program that the page shows, where a program finds the package by its name. */
function programOfThePage(): string {
  const page = readFileSync(join(ROOT, 'docs/criu.md'), 'utf8')
  const [, program = ''] = /<!-- test\/docs\/criu\.test\.ts runs this -->\n```js\n([\s\S]*?)```/.exec(page) ?? []
  const folder = mkdtempSync(join(ROOT, 'dist/program-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'program.mjs'), program)
  return join(folder, 'program.mjs')
}

test.each([
  ['sleeps with its memory where CRIU can', CRIU_READY, /^job-17 is paused\n$/],
  ['is told why it cannot where it cannot', {}, /^cannot sleep: .*unprivileged.*\n(?:cannot sleep: .*\n)+$/],
])('the sandbox of the program in docs/criu.md %s, and nothing of it is left', async (_words, options, expected) => {
  const bench = await openCriuBench({ timeScale: 100 })
  onTestFinished(() => bench.close())
  await bench.template(9200, options)
  const env = { PATH: process.env['PATH'], ...bench.simulator.environmentVariables }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [programOfThePage()], { env })
  expect([stdout, stderr]).toEqual([expect.stringMatching(expected), ''])
  expect(await bench.vmids()).toEqual([9200])
  expect(await bench.ssh('pve1', 'find /var/lib/cmux-pve/checkpoints -name manifest.json')).toBe('')
})
