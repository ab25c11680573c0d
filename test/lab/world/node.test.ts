import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SshExecutor } from '../../../src/lib/executor/ssh-executor.js'
import type { ContainerAddress } from '../../../src/lib/pve/client.js'
import { inLab, world } from '../in-lab.js'
import { type LabNode, startLabNode } from '../node.js'
import { nodeSsh } from '../node-ssh.js'

inLab('a node whose API and shell show the same real containers', () => {
  let node: LabNode
  let executor: SshExecutor
  let ct: ContainerAddress

  beforeAll(async () => {
    node = await startLabNode()
    executor = new SshExecutor(await nodeSsh())
    ct = await node.createContainer(401, '10.0.2.41/24')
  })
  afterAll(async () => {
    await executor.close()
    await node.close()
  })

  const status = async () => (await node.client.containers.status(ct)).status
  const run = (...argv: readonly string[]) => executor.run(argv)
  const inside = (...argv: readonly string[]) => run('pct', 'exec', '401', '--', ...argv)

  it('has what the API created', async () => {
    expect(await status()).toBe('running')
    expect((await inside('hostname')).stdout).toBe('ct401\n')
    const interfaces = await node.client.containers.interfaces(ct)
    expect(JSON.stringify(interfaces)).toContain('10.0.2.41')
    expect((await run('ping', '-c', '1', '-W', '5', '10.0.2.41')).exitCode).not.toBe(1)
  })

  it('takes snapshots, and goes back to them, of what programs wrote', async () => {
    const { client } = node
    await inside('sh', '-c', 'echo before >/root/state; sync')
    await client.tasks.wait(await client.snapshots.create(ct, 'first'))
    await inside('sh', '-c', 'echo after >/root/state')
    await client.tasks.wait(await client.snapshots.rollback(ct, 'first'))
    await client.tasks.wait(await client.containers.start(ct))
    expect((await inside('cat', '/root/state')).stdout).toBe('before\n')
  })

  it('notices a container that its own root user turned off', async () => {
    await inside('poweroff', '-f')
    await expect.poll(status, { timeout: 10_000 }).toBe('stopped')
    await node.client.tasks.wait(await node.client.containers.start(ct))
    expect(await status()).toBe('running')
  })

  it('notices a container that was frozen to disk and brought back on the node', async () => {
    const directory = await mkdtemp(join(world().directory, 'disk/tmp/checkpoint-'))
    expect((await run('lxc-checkpoint', '-n', '401', '-s', '-D', directory)).exitCode).toBe(0)
    await expect.poll(status, { timeout: 10_000 }).toBe('stopped')
    const restore = `lxc-checkpoint -n 401 -r -D ${directory} </dev/null >${directory}/lxc.log 2>&1`
    expect((await run('sh', '-c', restore)).exitCode).toBe(0)
    await expect.poll(status, { timeout: 10_000 }).toBe('running')
  })

  it('clones what is inside', async () => {
    const { client } = node
    await client.tasks.wait(await client.containers.stop(ct))
    await client.tasks.wait(await client.containers.clone(ct, { newid: 402, hostname: 'copy', full: true }))
    const copy = { vmid: 402, node: ct.node }
    await client.tasks.wait(await client.containers.start(copy))
    expect((await run('pct', 'exec', '402', '--', 'sh', '-c', 'hostname; cat /root/state')).stdout).toBe(
      'copy\nbefore\n',
    )
  })
})
