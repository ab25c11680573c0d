import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleModel, type ModelBundle } from './bundle.js'
import { hunt } from './hunt.js'
import { MUTANTS } from './mutants.js'

describe('the model notices when a rule of the pool is taken out', () => {
  let whole: ModelBundle

  beforeAll(async () => {
    whole = await bundleModel()
  })
  afterAll(() => whole.remove())

  it.each(MUTANTS)(
    '$rule',
    async (mutant) => {
      expect(await hunt(mutant, whole.file), 'no seed has noticed').toBeDefined()
    },
    180_000,
  )

  it('refuses a patch that no longer matches, so that no rule goes unproved unnoticed', async () => {
    const patch = { file: 'src/lib/pool/record-codec.ts', find: 'no such expression', replace: '' }
    await expect(bundleModel([patch])).rejects.toThrow(/matches 0 times/)
  })
})
