import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CriuBench, openCriuBench } from '../support/criu-bench.js'

let bench: CriuBench
beforeAll(async () => {
  bench = await openCriuBench({ timeScale: 100, running: [101, 102] })
})
afterAll(() => bench.close())

const run = (...words: readonly string[]) => bench.run(words)
const stopped = async (vmid: number) => (await bench.client.containers.status({ vmid, node: 'pve1' })).status

test('the name of a checkpoint leads to no other container, even when it is forced', async () => {
  expect(await run('criu', 'checkpoint', '101', '--name', 'mine')).toMatchObject({ exitCode: 0 })
  expect(await run('criu', 'checkpoint', '102', '--name', 'other')).toMatchObject({ exitCode: 0 })
  for (const name of ['../102/other', '-', '.', '-rf']) {
    const refused = await run('criu', 'restore', '101', `--checkpoint=${name}`, '--force')
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining('is not a name for a checkpoint')])
  }
  await bench.ssh('pve1', 'cd /var/lib/cmux-pve/checkpoints && cp -r 102/other 101/copied')
  const copied = await run('criu', 'restore', '101', '--checkpoint', 'copied', '--force')
  expect([copied.exitCode, copied.stderr]).toEqual([1, expect.stringContaining('copied of container 101')])
  expect(copied.stderr).toContain('is damaged: manifest.json')
  expect([await stopped(101), await stopped(102)]).toEqual(['stopped', 'stopped'])
})

test('what is wrong with another checkpoint is no reason to throw away the memory that it sleeps in', async () => {
  await bench.ssh('pve1', 'cd /var/lib/cmux-pve/checkpoints/101 && cp -r mine torn && : > torn/manifest.json')
  const { stderr } = await run('criu', 'restore', '101', '--checkpoint', 'torn')
  expect(stderr).toContain('It sleeps in mine: cmux-pve criu restore 101')
  expect(stderr).not.toContain('--discard-checkpoint')
  expect(await run('criu', 'restore', '101')).toMatchObject({ exitCode: 0 })
})

test('to inspect a damaged checkpoint fails, and says what is left to do', async () => {
  const { exitCode, stdout, stderr } = await run('criu', 'inspect', '101', 'torn')
  expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/^state +damaged$/m)])
  expect(stderr).toContain('what it held is lost. Remove it: cmux-pve criu delete 101 torn\n')
  expect(await run('criu', 'delete', '101', 'torn', '--yes')).toMatchObject({ exitCode: 0 })
})

test('to roll one back that sleeps says that its memory is lost, even when nothing is done', async () => {
  await bench.client.tasks.wait(await bench.client.snapshots.create({ vmid: 102, node: 'pve1' }, 'before'))
  for (const words of [['--dry-run'], []]) {
    const { stderr } = await run('criu', 'rollback', '102', ...words)
    expect(stderr).toContain('sleeps in checkpoint other: its memory is lost')
  }
})

test('a test of what cannot be frozen is refused before anybody is asked', async () => {
  await bench.container(103)
  await bench.start(103)
  const { exitCode, stderr } = await run('criu', 'test', '103')
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('cannot be checkpointed')])
  expect(await run('criu', 'test', '101')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--yes') })
})

test('one that was booted by other means while it slept is not said to have woken', async () => {
  expect(await run('criu', 'checkpoint', '101', '--name', 'lost')).toMatchObject({ exitCode: 0 })
  await bench.start(101)
  const outcome = (await run('criu', 'restore', '101', '--json')).json()
  expect(outcome).toMatchObject({
    data: { restored: false },
    warnings: [expect.stringContaining('runs without the memory in checkpoint lost')],
  })
})

test('a stale checkpoint that it sleeps in is refused with the way to boot', async () => {
  expect(await run('criu', 'checkpoint', '101', '--name', 'again')).toMatchObject({ exitCode: 0 })
  await bench.client.containers.update({ vmid: 101, node: 'pve1' }, { set: { memory: 1024 } })
  expect(await run('criu', 'restore', '101')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringMatching(/as it was, it can be restored.*cmux-pve instance start 101 --discard-checkpoint/),
  })
})

test('the images of one that slept and is deleted are not forgotten', async () => {
  const { data, warnings } = (await run('instance', 'delete', '101', '--yes', '--json')).json() as {
    readonly data: object
    readonly warnings: readonly string[]
  }
  expect(data).toMatchObject({ vmid: 101, found: true })
  expect(warnings.join()).toMatch(/on node pve1 stay there \(.*\) until `cmux-pve criu delete 101 --all` removes them/)
  expect(await run('criu', 'delete', '101', '--all', '--yes')).toMatchObject({ exitCode: 0 })
})

test('a node that there is not, and nodes that cannot be reached, are not nodes without checkpoints', async () => {
  expect(await run('criu', 'list', '--node', 'pve9')).toMatchObject({ exitCode: 5 })
  const unreachable = await bench.run(['criu', 'list'], { env: { PVE_SSH_HOST: 'root@127.0.0.1:1' } })
  expect(unreachable.exitCode).not.toBe(0)
  expect(unreachable.stdout).not.toContain('No checkpoints')
})

test('to resume what was not paused is answered with a command', async () => {
  expect(await run('instance', 'stop', '102', '--force')).toMatchObject({ exitCode: 0 })
  await run('instance', 'start', '102', '--discard-checkpoint')
  await run('instance', 'stop', '102', '--force')
  expect((await run('instance', 'resume', '102')).stderr).toContain('cmux-pve instance resume 102 --boot')
})
