import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Installation, install } from '../installation.js'
import { missingRequirement, observeMachine } from '../requirements.js'
import { openWorld, type World } from '../world.js'
import { type WorldTraces, worldRemains } from '../world-remains.js'

const ROOT = join(import.meta.dirname, '../../..')
const run = promisify(execFile)
const missing = missingRequirement(observeMachine())

describe.skipIf(missing)(`a world${missing === undefined ? '' : ` [${missing}]`}`, () => {
  let installation: Installation

  beforeAll(async () => {
    installation = await install(process.env)
  }, 240_000)

  it('is a node of its own', async () => {
    const world = await openWorld(installation)
    try {
      expect(await inside(world, 'hostname')).toBe('pve1\n')
      expect(await inside(world, 'ip', '-brief', 'link')).toMatch(/^lo .*\nvmbr0 .*\nuplink /)
      expect(await inside(world, 'criu', 'check')).toContain('Looks good.')
    } finally {
      await world.close()
    }
  })

  it('leaves no process, mount, loop device, cgroup or file behind', async () => {
    const world = await openWorld(installation)
    const sleeper = spawn(...program(world.enter(['setsid', 'sleep', '1000'])))
    await once(sleeper, 'spawn')
    await inside(
      world,
      'sh',
      '-c',
      `mkdir /sys/fs/cgroup/${world.group}/left && touch ${world.directory}/left /etc/left`,
    )
    const kinds = worldRemains(world.traces).map((line) => line.split(' ')[0])
    expect(new Set(kinds)).toEqual(new Set(['process', 'loop', 'cgroup', 'folder']))
    await world.close()
    expect(worldRemains(world.traces)).toEqual([])
    await expect(run('ls', ['/etc/left'])).rejects.toThrow()
  })

  it('goes away when whoever opened it is killed', async () => {
    const opener = spawn(process.execPath, ['scripts/run.mjs', 'test/lab/machine/open-world.ts'], { cwd: ROOT })
    const [line] = await once(createInterface(opener.stdout), 'line')
    const traces = JSON.parse(line) as WorldTraces
    expect(worldRemains(traces)).not.toEqual([])
    opener.kill('SIGKILL')
    await expect.poll(() => worldRemains(traces), { timeout: 10_000 }).toEqual([])
  })
})

async function inside(world: World, ...argv: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(...program(world.enter(argv)))
  return stdout + stderr
}

function program([name, ...argv]: readonly [string, ...string[]]): [string, string[]] {
  return [name, argv]
}
