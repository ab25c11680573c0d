import { spawnSync } from 'node:child_process'
import { bundleModel } from './bundle.js'
import { runCampaign } from './campaign.js'
import type { Mutant } from './mutants.js'
import type { Failure } from './search.js'

/** One of so many seeds has to find out. */
const SEEDS = 2_000

/**
 * A case that a pool without the rule does not survive, and the whole pool does: so it is that rule which was missed. `whole` is the program
 * with all rules. Undefined: none of the seeds noticed. Rejects when the source that a patch changes has changed itself.
 */
export async function hunt({ patches, seed = 1 }: Mutant, whole: string): Promise<Failure | undefined> {
  const mutant = await bundleModel(patches)
  try {
    for (let first = seed, last = seed; first <= SEEDS; last = SEEDS) {
      const { failures } = await runCampaign({ program: mutant.file, first, last, jobs: 1, patience: 0 })
      const [failure] = failures
      if (failure !== undefined && (await survives(whole, failure.seed))) return failure
      first = last === seed ? 1 : (failure?.seed ?? SEEDS) + 1
    }
    return undefined
  } finally {
    mutant.remove()
  }
}

async function survives(program: string, seed: number): Promise<boolean> {
  const { failures } = await runCampaign({ program, first: seed, last: seed, jobs: 1, patience: 0 })
  return failures.length === 0
}

/** Whether that test fails without the rule, and holds with it. */
export function isMissedBy({ file, name }: NonNullable<Mutant['test']>, rule: string): boolean {
  return passes(file, name) && !passes(file, name, rule)
}

/** `without`: the rule that is taken out. */
function passes(file: string, name: string, without?: string): boolean {
  const config = ['--config', 'test/model/vitest.mutant.config.ts', '--configLoader', 'runner']
  const argv = ['node_modules/vitest/vitest.mjs', 'run', ...config, file, '--testNamePattern', `${name}$`]
  const { status } = spawnSync(process.execPath, argv, {
    env: { ...process.env, ...(without !== undefined && { POOL_MUTANT: without }) },
    stdio: 'ignore',
  })
  return status === 0
}
