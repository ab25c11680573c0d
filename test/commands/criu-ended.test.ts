import { afterAll, beforeAll, expect, test } from 'vitest'
import { CRIU_READY, type CriuBench, openCriuBench } from '../support/criu-bench.js'

let bench: CriuBench
beforeAll(async () => {
  bench = await openCriuBench({ timeScale: 100, running: [101, 102] })
})
afterAll(() => bench.close())

const run = (...words: readonly string[]) => bench.run(words)
const asleep = async () => (await run('instance', 'list', '--status', 'asleep', '--json')).json()
const status = async (vmid: number) => (await run('instance', 'status', String(vmid))).stdout
const stop = async (vmid: number) => bench.client.tasks.wait(await bench.client.containers.stop({ vmid, node: 'pve1' }))

test('one that was started and stopped behind our back while it slept does not sleep any more, and starts', async () => {
  expect(await run('criu', 'checkpoint', '101', '--name', 'nap')).toMatchObject({ exitCode: 0 })
  expect(await asleep()).toMatchObject({ data: [{ vmid: 101, asleep: true }] })
  await bench.start(101)
  expect(await status(101)).toMatch(/^status +running .* stale: The container was started at .*criu restore 101/m)
  await stop(101)
  expect(await asleep()).toMatchObject({ data: [] })
  expect(await status(101)).toMatch(
    /^status +stopped; it slept in checkpoint nap, .*: The container was started at 20/m,
  )
  expect((await run('instance', 'status', '101', '--json')).json()).toMatchObject({
    data: { sleep: { checkpoint: 'nap', ended: { id: 'started' } } },
  })
  expect((await run('criu', 'list', '101', '--json')).json()).toMatchObject({
    data: [{ checkpoint: 'nap', state: 'stale', stale: [{ id: 'started' }] }],
  })
  expect(await run('criu', 'checkpoint', '101')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('is not running'),
  })
  const started = await run('instance', 'start', '101')
  expect([started.exitCode, started.stderr]).toEqual([0, expect.stringContaining('nap, which is stale')])
  expect(await status(101)).toMatch(/^status +running for .+ s$/m)
})

test('one that was rolled back while it slept does not sleep any more', async () => {
  expect(await run('criu', 'checkpoint', '102', '--name', 'nap')).toMatchObject({ exitCode: 0 })
  const ct = { vmid: 102, node: 'pve1' }
  await bench.client.tasks.wait(await bench.client.snapshots.create(ct, 'sleeping'))
  expect(await asleep()).toMatchObject({ data: [{ vmid: 102 }] })
  await bench.client.tasks.wait(await bench.client.snapshots.rollback(ct, 'sleeping'))
  expect(await asleep()).toMatchObject({ data: [] })
  expect(await status(102)).toMatch(/^status +stopped; it slept in .*: The container was rolled back at /m)
  expect(await run('instance', 'start', '102')).toMatchObject({ exitCode: 0 })
})

test('to resume one that was started while it slept takes the mark away and says what was lost', async () => {
  expect(await run('criu', 'checkpoint', '102', '--name', 'lost')).toMatchObject({ exitCode: 0 })
  await bench.start(102)
  expect((await run('instance', 'resume', '102', '--json')).json()).toMatchObject({
    data: { status: 'running' },
    warnings: [expect.stringContaining('runs without the memory in checkpoint lost')],
  })
  expect((await bench.client.containers.config({ vmid: 102, node: 'pve1' })).description ?? '').not.toContain('sleep')
  const again = await run('instance', 'resume', '102')
  expect([again.exitCode, again.stderr]).toEqual([0, expect.not.stringContaining('lost')])
})

test('to resume one that was started and stopped while it slept is refused with the reason, and boots it when told to', async () => {
  expect(await run('criu', 'checkpoint', '102', '--name', 'gone')).toMatchObject({ exitCode: 0 })
  await bench.start(102)
  await stop(102)
  expect(await run('instance', 'resume', '102')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('The container was started at'),
  })
  expect(await run('instance', 'resume', '102', '--boot')).toMatchObject({ exitCode: 0 })
})

test('what was kept of the memory of one that is deleted goes with it when that is asked for, and is named', async () => {
  expect(await run('criu', 'checkpoint', '102', '--name', 'kept', '--leave-running')).toMatchObject({ exitCode: 0 })
  expect(await run('instance', 'delete', '102', '--checkpoints', '--no-wait', '--yes')).toMatchObject({ exitCode: 2 })
  expect(await run('instance', 'delete', '102', '--checkpoints', '--yes')).toMatchObject({ exitCode: 6 })
  const before = (await run('criu', 'list', '102', '--json')).json() as { data: { checkpoint: string }[] }
  expect(before.data.map(({ checkpoint }) => checkpoint)).toContain('kept')
  const dry = await run('instance', 'delete', '102', '--checkpoints', '--force', '--dry-run')
  expect(dry.stdout).toMatch(/on pve1: remove checkpoints .*kept of container 102/)
  const deleted = await run('instance', 'delete', '102', '--checkpoints', '--force', '--yes', '--json')
  expect(deleted.json()).toEqual({
    ok: true,
    data: expect.objectContaining({
      vmid: 102,
      checkpoints: before.data.map(({ checkpoint }) => ({ node: 'pve1', checkpoint })),
    }),
  })
  expect((await run('criu', 'list', '102', '--json')).json()).toMatchObject({ data: [] })
})

test('what stays of one that is deleted without its checkpoints is named, with the command that removes it', async () => {
  await bench.container(103, { ...CRIU_READY, rootfs: 'ceph:1' })
  await bench.start(103)
  expect(await run('criu', 'checkpoint', '103', '--name', 'early', '--leave-running')).toMatchObject({ exitCode: 0 })
  const deleted = (await run('instance', 'delete', '103', '--force', '--yes', '--json')).json()
  expect(deleted).toMatchObject({
    ok: true,
    warnings: [expect.stringMatching(/on node pve1 stay there \(early\) until `cmux-pve criu delete 103 --all`/)],
  })
  expect(await run('criu', 'delete', '103', '--all', '--yes')).toMatchObject({ exitCode: 0 })
  expect((await run('criu', 'list', '103', '--json')).json()).toMatchObject({ data: [] })
})

test('a deletion goes well where the node cannot be looked at', async () => {
  await bench.container(104)
  const env = { PVE_SSH_HOST_FINGERPRINT: `SHA256:${'A'.repeat(43)}` }
  const deleted = await bench.run(['instance', 'delete', '104', '--yes', '--json'], { env })
  expect(deleted.json()).toEqual({ ok: true, data: expect.objectContaining({ vmid: 104, found: true }) })
})

test('one that sleeps is deleted with its memory, and nothing is said to stay', async () => {
  expect(await run('criu', 'checkpoint', '101', '--name', 'last')).toMatchObject({ exitCode: 0 })
  const deleted = await run('instance', 'delete', '101', '--checkpoints', '--yes')
  expect([deleted.exitCode, deleted.stderr]).toEqual([
    0,
    expect.stringMatching(/what was kept of its memory: .*last\n$/),
  ])
  expect((await run('criu', 'list', '101', '--json')).json()).toMatchObject({ data: [] })
})
