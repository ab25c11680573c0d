import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { runScript } from '../../../src/lib/criu/node/run-script.js'
import { SHELL_LIBRARY } from '../../../src/lib/criu/node/shell-library.js'
import { LocalExecutor } from '../../../src/lib/executor/local.js'
import { inLab, world } from '../in-lab.js'

const SCRIPT = `${SHELL_LIBRARY}\nvmid=$1\nend_strays\nend`

inLab('what a killed restore has left in the groups of a container', () => {
  /** Where the configuration names no group every tree of the machine is looked through: the number must be nobody's. */
  const vmid = randomInt(100_000_000, 999_999_999)
  const started: ChildProcess[] = []
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  /** A process in a cgroup, by its path below that of the world. */
  function processIn(path: string): ChildProcess {
    const folder = join('/sys/fs/cgroup', world().group, path)
    mkdirSync(folder, { recursive: true })
    const child = spawn('sleep', ['1000'])
    started.push(child)
    writeFileSync(join(folder, 'cgroup.procs'), `${child.pid}`)
    return child
  }

  it.each([
    {
      where: 'where Proxmox has them made',
      lines: (group: string) => [
        `lxc.cgroup.dir.monitor = ${group}/lxc.monitor/${vmid}`,
        `lxc.cgroup.dir.container = ${group}/lxc/${vmid}`,
      ],
      own: [`lxc/${vmid}/ns`, `lxc.monitor/${vmid}`],
      foreign: [`lxc.payload.${vmid}`, `lxc/${vmid}1`, `other/lxc/${vmid}`],
    },
    {
      where: 'in the folder that its configuration names',
      lines: (group: string) => [`lxc.cgroup.dir = ${group}`],
      own: [`lxc.payload.${vmid}/init.scope`, `lxc.payload.${vmid}-1`, `lxc.monitor.${vmid}`],
      foreign: [`lxc/${vmid}`, `lxc.payload.${vmid}1`, `other/lxc.payload.${vmid}`],
    },
    {
      where: 'where LXC makes them by itself',
      lines: () => ['lxc.uts.name = ct'],
      own: [`lxc.payload.${vmid}`, `lxc.monitor.${vmid}-2`],
      foreign: [`lxc/${vmid}`, `lxc.payload.${vmid}1`],
    },
  ])('is ended $where, and nothing of others', async ({ lines, own, foreign }) => {
    mkdirSync(`/var/lib/lxc/${vmid}`, { recursive: true })
    writeFileSync(`/var/lib/lxc/${vmid}/config`, `${lines(world().group).join('\n')}\n`)
    const [ended, alive] = [own.map(processIn), foreign.map(processIn)]
    await runScript(new LocalExecutor(), SCRIPT, [String(vmid)])
    await expect.poll(() => ended.map(({ signalCode }) => signalCode)).toEqual(ended.map(() => 'SIGKILL'))
    expect(alive.map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual(alive.map(() => null))
  })
})
