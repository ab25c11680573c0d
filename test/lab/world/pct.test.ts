import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SshExecutor } from '../../../src/lib/executor/ssh-executor.js'
import { inLab, world } from '../in-lab.js'
import { type LabNode, startLabNode } from '../node.js'
import { nodeSsh } from '../node-ssh.js'

inLab("the lab's pct", () => {
  let node: LabNode
  let executor: SshExecutor
  const pct = (...argv: readonly string[]) => executor.run(['pct', ...argv])
  const file = (name: string) => join(world().directory, 'disk/tmp', name)

  beforeAll(async () => {
    node = await startLabNode()
    executor = new SshExecutor(await nodeSsh())
    await node.createContainer(301, '10.0.2.31/24')
  })
  afterAll(async () => {
    await executor.close()
    await node.close()
  })

  it('lists, and shows state and configuration, as Proxmox prints them', async () => {
    expect((await pct('list')).stdout).toContain(
      'VMID       Status     Lock         Name                \n301        running                 ct301               \n',
    )
    expect(await pct('status', '301')).toEqual({ exitCode: 0, stdout: 'status: running\n', stderr: '' })
    const { stdout } = await pct('config', '301')
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['hostname: ct301', 'memory: 256', 'swap: 0']))
    expect(stdout).toMatch(/^net0: name=eth0,bridge=vmbr0,hwaddr=.*,ip=10\.0\.2\.31\/24,type=veth$/m)
  })

  it('stops and starts the container that the runtime sees', async () => {
    expect((await pct('stop', '301')).exitCode).toBe(0)
    expect(node.guests.isRunning(301)).toBe(false)
    expect(await pct('stop', '301')).toMatchObject({ exitCode: 255, stderr: 'CT 301 not running\n' })
    expect(await pct('exec', '301', '--', 'true')).toMatchObject({
      exitCode: 255,
      stderr: "container '301' not running!\n",
    })
    expect((await pct('start', '301')).exitCode).toBe(0)
    expect(node.guests.isRunning(301)).toBe(true)
    expect(await pct('start', '301')).toMatchObject({ exitCode: 255, stderr: 'CT 301 already running\n' })
  })

  it('knows no container that is not there', async () => {
    const stderr = "Configuration file 'nodes/pve1/lxc/999.conf' does not exist\n"
    expect(await pct('exec', '999', '--', 'true')).toMatchObject({ exitCode: 2, stderr })
  })

  it('clears the environment when it is asked to, and forces PATH otherwise', async () => {
    const cleared = (await pct('exec', '301', '--keep-env', '0', '--', 'env')).stdout.trim().split('\n').sort()
    expect(cleared).toEqual([
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'TERM=linux',
      'container=lxc',
    ])
    const kept = (await pct('exec', '301', '--', 'env')).stdout.trim().split('\n')
    expect(kept).toEqual(expect.arrayContaining(['PATH=/sbin:/bin:/usr/sbin:/usr/bin', 'USER=root', 'container=lxc']))
  })

  it('takes the options of a command without -- for its own', async () => {
    expect(await pct('exec', '301', 'ls', '-la')).toMatchObject({
      exitCode: 255,
      stderr: expect.stringContaining('Unknown option: la\n400 unable to parse option'),
    })
    expect((await pct('exec', '301', 'echo', '--', '--', '-n')).stdout).toBe('-- -n\n')
  })

  it('pushes and pulls files', async () => {
    await writeFile(file('from here'), 'content\n')
    await pct('push', '301', file('from here'), '/root/there', '--perms', '600', '--user', '65534')
    expect((await pct('exec', '301', '--', 'stat', '-c', '%a %u %g %s', '/root/there')).stdout).toBe('600 65534 0 8\n')
    await pct('pull', '301', '/root/there', file('back'))
    expect(await readFile(file('back'), 'utf8')).toBe('content\n')
  })

  it('ends with 0 although a push or pull failed', async () => {
    expect(await pct('push', '301', file('from here'), '/no/such/folder/x')).toMatchObject({
      exitCode: 0,
      stderr: 'failed to create file: /no/such/folder/x: No such file or directory\n',
    })
    expect(await pct('pull', '301', '/none', file('x'))).toMatchObject({
      exitCode: 0,
      stderr: 'failed to open /none: No such file or directory\n',
    })
  })
})
