import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { startSimulatorProcess } from '../simulator-process.js'
import { ROOT, removeOthers } from './files.js'

/** Command lines that run the functions which most others need too. */
const WARM_UP = [
  ['instance', 'list', '--help'],
  ['instance', 'list', '--json'],
]

/**
 * dist/cli/*.cjs.cache: V8's code of all functions that ran in the warm-up; each run adds to what the last one left, and the first begins
 * anew. Without it the tool is slower and works, so a machine that cannot start the simulator is no reason to fail.
 */
export async function writeCodeCache(): Promise<void> {
  removeOthers('dist/cli', '.cache', [])
  const simulator = await startSimulatorProcess(['--containers', '2']).catch(() => undefined)
  try {
    for (const words of WARM_UP) warmUp(words, simulator?.environment ?? {})
  } finally {
    await simulator?.close()
  }
}

function warmUp(words: readonly string[], environment: Readonly<Record<string, string>>): void {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/build/warm-up.cjs'), ...words], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment },
    encoding: 'utf8',
  })
  if (status !== 0) process.stderr.write(`Warm-up \`${words.join(' ')}\` ended with ${status}: ${stderr}\n`)
}
