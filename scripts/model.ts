// Runs the model of the pool with many seeds: npm run model -- --seeds 100000
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleModel } from '../test/model/bundle.js'
import { failureText, runCampaign } from '../test/model/campaign.js'
import { hunt, isMissedBy } from '../test/model/hunt.js'
import { MUTANTS, type Mutant } from '../test/model/mutants.js'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    first: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    failures: { type: 'string', default: '1' },
    /** Shows all that happens in the case of this file, or of this seed. */
    case: { type: 'string' },
    replay: { type: 'string' },
    /** Takes one rule of the pool out after the other, and shows what notices. */
    mutants: { type: 'boolean', default: false },
  },
})

/** How far a search has come, so that one that was interrupted goes on there. It holds for one program only. */
class ProgressFile {
  readonly #path: string
  readonly #first: number

  constructor(first: number) {
    const program = createHash('sha256').update(readFileSync(bundle.file)).digest('hex').slice(0, 16)
    this.#first = first
    this.#path = join(process.cwd(), `node_modules/.cache/cmux-pve/model-${program}-${first}.json`)
  }

  get reached(): number {
    return existsSync(this.#path) ? Number(readFileSync(this.#path, 'utf8')) : this.#first - 1
  }

  set reached(seed: number) {
    writeFileSync(this.#path, String(seed))
  }
}

// npm starts a script in the package's folder; files are named as seen from where the user stands.
const standing = process.env['INIT_CWD'] ?? process.cwd()
const bundle = await bundleModel()
try {
  if (values.case !== undefined) show('--case', resolve(standing, values.case))
  else if (values.replay !== undefined) show('--replay', values.replay)
  else if (values.mutants) await prove()
  else await search()
} finally {
  bundle.remove()
}

function show(...words: readonly string[]): void {
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', bundle.file, ...words], { stdio: 'inherit' })
  process.exitCode = status ?? 1
}

async function prove(): Promise<void> {
  for (const mutant of MUTANTS) {
    const found = await whatMisses(mutant)
    print(`without the rule that ${mutant.rule}:`, `  ${found ?? 'NOTHING'}`)
    if (found === undefined) process.exitCode = 1
  }
}

async function whatMisses(mutant: Mutant): Promise<string | undefined> {
  const { test, rule } = mutant
  if (test !== undefined) return isMissedBy(test, rule) ? `${test.file}: ${test.name}` : undefined
  const failure = await hunt(mutant, bundle.file)
  return failure && `seed ${failure.seed}: ${failure.violation}`
}

async function search(): Promise<void> {
  const first = Number(values.first)
  const last = first + Number(values.seeds) - 1
  const progress = new ProgressFile(first)
  const from = Math.max(first, progress.reached + 1)
  if (from > first) print(`seeds ${first} to ${from - 1} were run before with this very program`)
  const began = performance.now()
  let told = began
  const { figures, failures } = await runCampaign({
    program: bundle.file,
    first: from,
    last,
    jobs: Number(values.jobs),
    failures: Number(values.failures),
    onProgress({ reached, figures, failures }) {
      if (failures.length === 0) progress.reached = reached
      if (performance.now() - told < 60_000) return
      told = performance.now()
      print(`seed ${reached}: ${figures.cases} cases in ${Math.round((told - began) / 1000)} s`)
    },
  })
  const milliseconds = performance.now() - began
  for (const failure of failures) print(`\n${failureText(failure)}`)
  const { cases, steps, requests, ends } = figures
  print(
    `\n${cases} cases with ${steps} steps and ${requests} requests in ${Math.round(milliseconds / 1000)} s (${(milliseconds / Math.max(1, cases)).toFixed(1)} ms each, ${values.jobs} processes)`,
    `allocates: ${ends.answered} answered, ${ends.refused} refused, ${ends.left} left, ${ends.unknown} without an answer`,
    failures.length === 0 ? 'no violation' : `${failures.length} violations`,
  )
  process.exitCode = failures.length === 0 ? 0 : 1
}

function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}
