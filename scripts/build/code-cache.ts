import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './files.js'

/** Command lines that run the functions which most others need too. Their output and outcome do not matter. */
const WARM_UP = [
  ['instance', 'list', '--help'],
  ['instance', 'list', '--json'],
  ['instance', 'list'],
]

/** Nobody listens there: the request fails after everything that a request needs has been loaded. */
const ENVIRONMENT = {
  PVE_API_URL: 'https://127.0.0.1:1',
  PVE_API_TOKEN: 'warm@pve!up=00000000-0000-0000-0000-000000000000',
}

/** dist/cli/main.cjs.cache: V8's code of all functions that ran in the warm-up; each run adds to what the last one left. */
export function writeCodeCache(): void {
  for (const words of WARM_UP) {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/build/warm-up.cjs'), ...words], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...ENVIRONMENT },
      encoding: 'utf8',
    })
    if (status === null) throw new Error(`The warm-up run did not end by itself: ${stderr}`)
  }
}
