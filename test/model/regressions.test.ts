import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundleModel, type ModelBundle } from './bundle.js'
import { REGRESSIONS } from './regressions.js'
import { Runner } from './runner.js'

let model: ModelBundle
let runner: Runner
const folder = mkdtempSync(join(tmpdir(), 'cmux-model-'))

beforeAll(async () => {
  model = await bundleModel()
  runner = new Runner({ program: model.file })
})
afterAll(async () => {
  await runner.end()
  model.remove()
  rmSync(folder, { recursive: true, force: true })
})

it.each(REGRESSIONS)('the pool withstands what once broke it: $name', async ({ given }) => {
  expect(await runner.replay(given)).toBeNull()
})

it('the same case runs the same way, to the last request', () => {
  const file = join(folder, 'case.json')
  writeFileSync(file, JSON.stringify(REGRESSIONS[0].given))
  const trace = () => spawnSync(process.execPath, [model.file, '--case', file], { encoding: 'utf8' }).stdout
  const first = trace()
  expect(first).toContain('"violation":null')
  expect(trace()).toBe(first)
})
