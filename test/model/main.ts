// A process that runs cases; the bundle of it is started by bundle.ts. Speaks JSON lines on stdout.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { openPool } from '../../src/lib/pool/open-pool.js'
import type { Case } from './case.js'
import { runCase } from './run-case.js'
import { caseOf, noFigures, trySeed } from './search.js'

const { values } = parseArgs({
  options: {
    /** Milliseconds to spend on making a failing case smaller. */
    patience: { type: 'string', default: '60000' },
    /** How many failures end the search. */
    failures: { type: 'string', default: '1' },
    /** A case to replay with all that happens, as a file. */
    case: { type: 'string' },
    /** A seed whose case to replay as it is. */
    replay: { type: 'string' },
  },
})

const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

if (values.case !== undefined) await replay(JSON.parse(readFileSync(values.case, 'utf8')) as Case)
else if (values.replay !== undefined) await replay(caseOf(Number(values.replay)))
else for await (const order of createInterface({ input: process.stdin })) await obey(order)

async function replay(given: Case): Promise<void> {
  const trace: string[] = []
  const { violation } = await runCase(given, { openPool, trace })
  for (const line of trace) process.stdout.write(`${line}\n`)
  say({ violation: violation ?? null, case: given })
  process.exitCode = violation === undefined ? 0 : 1
}

/** `order`: a case, or the `FIRST-LAST` of seeds. It is done when the violation, or the figures, are told. */
async function obey(order: string): Promise<void> {
  if (!order.startsWith('{')) return search(order)
  const { violation } = await runCase(JSON.parse(order) as Case, { openPool })
  say({ violation: violation ?? null })
}

/** `range`: `FIRST-LAST`, both included. */
async function search(range: string): Promise<void> {
  const [first = 1, last = 1] = range.split('-').map(Number)
  const figures = noFigures()
  let failures = 0
  for (let seed = first; seed <= last; seed++) {
    const failure = await trySeed(seed, { openPool, figures, patience: Number(values.patience) })
    if (failure !== undefined) say({ failure })
    if (failure !== undefined && ++failures >= Number(values.failures)) break
  }
  say({ figures })
}
