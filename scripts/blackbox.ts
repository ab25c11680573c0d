// Three daemons, a simulator and fifty clients as processes of their own, with everything being killed: npm run test:blackbox -- --minutes 5
import { parseArgs } from 'node:util'
import { runBox } from '../test/blackbox/box.js'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    clients: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
})

const print = (line: string) => process.stdout.write(`${line}\n`)
const report = await runBox({
  duration: Number(values.minutes) * 60_000,
  clients: Number(values.clients),
  seed: Number(values.seed),
  ...(values.verbose && { print }),
})
const { times, ...figures } = report.figures
const sorted = times.toSorted((a, b) => a - b)
const at = (part: number) => Math.round(sorted[Math.floor(sorted.length * part)] ?? 0)
print(JSON.stringify({ ...figures, milliseconds: { p50: at(0.5), p95: at(0.95), p99: at(0.99) } }))
print(JSON.stringify({ troubles: report.troubles, unlocked: report.unlocked, memory: report.memory }))
for (const problem of report.problems) print(problem)
process.exitCode = report.problems.length === 0 ? 0 : 1
