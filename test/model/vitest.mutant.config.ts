import { defineConfig } from 'vitest/config'
import { MUTANTS } from './mutants.js'
import { patchesOf } from './patched-source.js'

const rule = process.env['POOL_MUTANT']
const patches = MUTANTS.find((mutant) => mutant.rule === rule)?.patches ?? []

/** Runs tests against a pool without the rule that POOL_MUTANT names; without that variable, against the whole pool. */
export default defineConfig({
  plugins: [{ name: 'patches', enforce: 'pre', transform: (code, id) => patchesOf(patches, id)?.(code) }],
})
