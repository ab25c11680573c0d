import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleModel, type ModelBundle } from './bundle.js'
import { failureText, runCampaign } from './campaign.js'

/** What fits into a test run; a search that is worth its name: `npm run model -- --seeds 100000`. */
const SEEDS = 2000

/**
 * Three daemons, clients and an adversary in virtual time: see `case.ts` for what happens, `ledger.ts`, `deeds.ts` and `at-rest.ts` for what must not.
 * It keeps all cores busy, so that it has a group of its own in vitest.config.ts.
 */
describe('a pool of three daemons, under everything that can go wrong', () => {
  let model: ModelBundle

  beforeAll(async () => {
    model = await bundleModel()
  })
  afterAll(() => model.remove())

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
})
