import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { Grant } from '../../src/lib/simulator/api/access-config.js'

const run = promisify(execFile)

/** What a script of `pveum` commands allows a user: the commands as a real shell hands them on, and what Proxmox makes of them. */
export async function grantsOf(script: string, user: string): Promise<readonly Grant[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cmux-pveum-'))
  try {
    const log = join(folder, 'log')
    const words = `#!/bin/sh\nfor word; do printf '%s\\n' "$word"; done >>'${log}'\necho >>'${log}'\n`
    writeFileSync(join(folder, 'pveum'), words, { mode: 0o755 })
    writeFileSync(join(folder, 'role.sh'), script)
    await run('sh', [join(folder, 'role.sh')], { env: { PATH: [folder, process.env['PATH']].join(delimiter) } })
    const commands = readFileSync(log, 'utf8')
      .trim()
      .split('\n\n')
      .map((text) => text.split('\n'))
    return grants(commands, user)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function grants(commands: readonly (readonly string[])[], user: string): readonly Grant[] {
  const roles = new Map<string, readonly string[]>()
  const found: Grant[] = []
  for (const [what, verb, name = '', ...options] of commands) {
    const option = (flag: string) => options[options.indexOf(flag) + 1] ?? ''
    if (what === 'role' && verb === 'add') roles.set(name, option('--privs').split(' '))
    if (what !== 'acl' || option('--users') !== user) continue
    const privileges = roles.get(option('--roles'))
    if (privileges === undefined) throw new Error(`there is no role ${option('--roles')}`)
    found.push({ path: name, privileges })
  }
  return found
}
