import { describe, expect, it } from 'vitest'
import { bundleModel } from './bundle.js'
import { MUTANTS } from './mutants.js'

/** That the model misses each of them takes minutes to show: `npm run model -- --mutants`. */
describe('the rules of the pool that the model must miss when they are taken out', () => {
  it.each(MUTANTS)('$rule: the place is still there', async ({ patches }) => {
    const mutant = await bundleModel(patches)
    mutant.remove()
  })

  it('refuses a patch that no longer matches, so that no rule goes unproved unnoticed', async () => {
    const patch = { file: 'src/lib/pool/record-codec.ts', find: 'no such expression', replace: '' }
    await expect(bundleModel([patch])).rejects.toThrow(/matches 0 times/)
  })
})
