// How long a command takes to start, in units of `node -e 0` on the same machine at the same time: npm run bench:startup [-- RUNS]
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { startSimulatorProcess } from '../scripts/simulator-process.js'

const RUN = join(process.cwd(), 'bin/run.js')
const CASES = [
  { name: 'node -e 0', argv: ['-e', '0'] },
  { name: '--version', argv: [RUN, '--version'], target: 1.2 },
  { name: 'instance list --help', argv: [RUN, 'instance', 'list', '--help'], target: 2.1 },
  { name: 'instance list --json', argv: [RUN, 'instance', 'list', '--json'], target: 3.0 },
] as const

const runs = Number(process.argv[2] ?? 20)
const simulator = await startSimulatorProcess(['--containers', '20'])
try {
  const times = CASES.map((): number[] => [])
  // One after the other in every round, so that whatever else the machine does weighs on all of them alike.
  for (let round = -1; round < runs; round++) {
    for (const [index, { argv }] of CASES.entries()) {
      const time = measure(argv, simulator.environment)
      if (round >= 0) times[index]?.push(time)
    }
  }
  const medians = times.map(median)
  for (const [index, entry] of CASES.entries()) {
    const ratio = (medians[index] ?? 0) / (medians[0] ?? 1)
    const target = 'target' in entry ? `  target ${entry.target.toFixed(1)}` : ''
    process.stdout.write(
      `${entry.name.padEnd(22)} ${(medians[index] ?? 0).toFixed(1).padStart(7)} ms  x ${ratio.toFixed(2)}${target}\n`,
    )
  }
} finally {
  await simulator.close()
}

/** Milliseconds from the start of a process to its end. */
function measure(argv: readonly string[], env: Readonly<Record<string, string>>): number {
  const started = performance.now()
  const { status, stderr } = spawnSync(process.execPath, argv, {
    env: { PATH: process.env['PATH'], ...env },
    cwd: tmpdir(),
  })
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr}`)
  return performance.now() - started
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}
