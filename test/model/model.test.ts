import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleModel, type ModelBundle } from './bundle.js'
import { failureText, runCampaign } from './campaign.js'
import type { Case } from './case.js'
import { REGRESSIONS } from './regressions.js'

/** What fits into a test run; a search that is worth its name: `npm run model -- --seeds 100000`. */
const SEEDS = 2000

/** Three daemons, clients and an adversary in virtual time: see `case.ts` for what happens, `ledger.ts`, `deeds.ts` and `at-rest.ts` for what must not. */
describe('a pool of three daemons, under everything that can go wrong', () => {
  let model: ModelBundle
  const folder = mkdtempSync(join(tmpdir(), 'cmux-model-'))

  beforeAll(async () => {
    model = await bundleModel()
  })
  afterAll(() => {
    model.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  /** All that happens in a case, and how it ended. */
  function replay(given: Case): string {
    const file = join(folder, 'case.json')
    writeFileSync(file, JSON.stringify(given))
    return spawnSync(process.execPath, [model.file, '--case', file], { encoding: 'utf8' }).stdout
  }

  it(`never shares, leaks, mistakes or reuses a container, and comes to rest (${SEEDS} seeds)`, async () => {
    const { figures, failures } = await runCampaign({
      program: model.file,
      first: 1,
      last: SEEDS,
      jobs: availableParallelism(),
      patience: 20_000,
    })
    expect(failures.map(failureText).join('\n\n')).toBe('')
    expect(figures.cases).toBe(SEEDS)
    expect(figures.ends.answered).toBeGreaterThan(SEEDS)
  }, 400_000)

  it.each(REGRESSIONS)('withstands what once broke it: $name', ({ given }) => {
    expect(replay(given)).toContain('"violation":null')
  })

  it('runs the same case the same way, to the last request', () => {
    const [{ given }] = REGRESSIONS
    expect(replay(given)).toBe(replay(given))
  })
})
