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

  it('neither sees nor disturbs another one that is open at the same time', async () => {
    const [one, other] = await Promise.all([openWorld(installation), openWorld(installation)])
    try {
      await inside(one, 'sh', '-c', `touch /etc/left /run/left && ip link add veth111i0 type veth && ${container(one)}`)
      expect(await inside(other, 'sh', '-c', 'ls /etc/left /run/left; ip -brief link; lxc-ls; ps -e')).not.toMatch(
        /^\/|veth|111|sleep/m,
      )
      await inside(other, 'sh', '-c', container(other))
      await one.close()
      expect(worldRemains(one.traces)).toEqual([])
      expect(await inside(other, 'lxc-ls', '--running')).toMatch(/^111 *\n$/)
      expect(await inside(other, 'ssh-keyscan', '-t', 'ed25519', '127.0.0.1')).toContain('ssh-ed25519')
    } finally {
      await Promise.all([one.close(), other.close()])
    }
    expect(worldRemains(other.traces)).toEqual([])
  })

  it('goes away, and another one with it, when whoever opened them is killed', async () => {
    const opener = spawn(process.execPath, ['scripts/run.mjs', 'test/lab/machine/open-world.ts'], { cwd: ROOT })
    const [line] = await once(createInterface(opener.stdout), 'line')
    const worlds = JSON.parse(line) as readonly WorldTraces[]
    expect(worlds.map((traces) => worldRemains(traces).length > 0)).toEqual([true, true])
    opener.kill('SIGKILL')
    await expect.poll(() => worlds.flatMap(worldRemains)).toEqual([])
  })
})

/** A script that makes and starts container 111 of busybox. */
const container = ({ group }: World) => `
folder=/var/lib/lxc/111
mkdir -p $folder/rootfs/bin $folder/rootfs/dev && cp /bin/busybox $folder/rootfs/bin
cat >$folder/config <<CONFIG
lxc.rootfs.path = dir:$folder/rootfs
lxc.net.0.type = empty
lxc.init.cmd = /bin/busybox sleep 1000
lxc.cgroup.dir = ${group}
CONFIG
lxc-start -n 111 -o $folder/log -l INFO || { cat $folder/log; exit 1; }`

async function inside(world: World, ...argv: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(...program(world.enter(argv)))
  return stdout + stderr
}

function program([name, ...argv]: readonly [string, ...string[]]): [string, string[]] {
  return [name, argv]
}
