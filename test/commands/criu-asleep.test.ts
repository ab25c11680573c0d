import { afterAll, beforeAll, expect, test } from 'vitest'
import { CRIU_READY, type CriuBench, openCriuBench } from '../support/criu-bench.js'

let bench: CriuBench
beforeAll(async () => {
  bench = await openCriuBench({ timeScale: 100 })
  await bench.container(101, { ...CRIU_READY, rootfs: 'ceph:1', tags: 'web' })
  await bench.client.containers.update({ vmid: 101, node: 'pve1' }, { set: { description: 'mine' } })
  await bench.start(101)
  await bench.ssh('pve1', "pct exec 101 -- sh -c 'setsid sleep 100000 &'")
})
afterAll(() => bench.close())

const run = (...words: readonly string[]) => bench.run(words)
const listed = async () => (await run('instance', 'list')).stdout
const processes = async () => (await run('instance', 'exec', '101', '--', 'ps')).stdout

test('a container that sleeps is shown as asleep, everywhere', async () => {
  expect(await run('criu', 'checkpoint', '101', '--name', 'nap')).toMatchObject({ exitCode: 0 })
  expect(await listed()).toMatch(/^ 101 +ct101 +asleep +pve1 /m)
  expect((await run('instance', 'list', '--status', 'asleep', '--json')).json()).toMatchObject({
    data: [{ vmid: 101, status: 'stopped', asleep: true }],
  })
  const text = (await run('instance', 'status', '101')).stdout
  expect(text).toMatch(/^status +asleep since 20\d\d-\S+ \S+ UTC, in checkpoint nap on node pve1$/m)
  expect(text).toMatch(/^description +mine$/m)
  expect((await run('instance', 'status', '101', '--json')).json()).toMatchObject({
    data: {
      status: 'stopped',
      description: 'mine',
      sleep: { checkpoint: 'nap', node: 'pve1', since: expect.any(Number) },
    },
  })
})

test('what needs it running names the checkpoint that it sleeps in, and how it is woken', async () => {
  const refused = [
    await run('instance', 'exec', '101', '--', 'true'),
    await run('instance', 'pull', '101:/etc/hostname', '-'),
    await run('instance', 'logs', '101'),
  ]
  for (const { stderr } of refused) expect(stderr).toMatch(/sleeps in checkpoint nap[\s\S]*cmux-pve criu restore 101/)
})

test('a plain start, and a restart, would lose its memory and are refused', async () => {
  for (const verb of ['start', 'restart']) {
    const refused = await run('instance', verb, '101', '--json')
    expect(refused.exitCode).toBe(6)
    expect(refused.json()).toMatchObject({
      ok: false,
      error: {
        code: 'conflict',
        message: expect.stringContaining('sleeps in checkpoint nap'),
        hint: expect.stringContaining('criu restore 101'),
      },
      data: { vmid: 101, node: 'pve1', checkpoint: 'nap', checkpointNode: 'pve1' },
    })
  }
  const { status } = await bench.client.containers.status({ vmid: 101, node: 'pve1' })
  expect(status).toBe('stopped')
})

test('a clone of one that sleeps does not sleep', async () => {
  expect(await run('instance', 'clone', '101', '--vmid', '111', '--full')).toMatchObject({ exitCode: 0 })
  expect((await run('instance', 'status', '111', '--json')).json()).toMatchObject({
    data: { status: 'stopped', description: 'mine', tags: ['web'] },
  })
  expect(JSON.stringify((await run('instance', 'status', '111', '--json')).json())).not.toContain('sleep')
})

test('its images stay behind when it is migrated, and it can be woken where they are', async () => {
  await bench.migrate(101, 'pve1', 'pve2')
  expect((await run('criu', 'list', '101', '--json')).json()).toMatchObject({
    data: [
      { vmid: 101, node: 'pve1', checkpoint: 'nap', state: 'elsewhere', asleep: true, container: { node: 'pve2' } },
    ],
  })
  expect(await listed()).toMatch(/^ 101 +ct101 +asleep +pve2 /m)
  expect(await run('criu', 'delete', '101', 'nap', '--yes')).toMatchObject({ exitCode: 6 })
  expect(await run('criu', 'prune', '--keep', '0', '--yes')).toMatchObject({ exitCode: 0 })
  expect(await run('criu', 'restore', '101')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('on node pve1'),
  })
  await bench.migrate(101, 'pve2', 'pve1')
  expect(await run('criu', 'restore', '101')).toMatchObject({ exitCode: 0 })
  expect(await processes()).toContain('sleep')
  expect(await listed()).toMatch(/^ 101 +ct101 +running +pve1 /m)
  expect((await bench.client.containers.config({ vmid: 101, node: 'pve1' })).tags).toEqual(['web'])
})

test('told to, a start discards the memory, and the checkpoint shows as stale', async () => {
  expect(await run('criu', 'checkpoint', '101', '--name', 'second')).toMatchObject({ exitCode: 0 })
  expect(await run('instance', 'start', '101', '--discard-checkpoint')).toMatchObject({ exitCode: 0 })
  expect(await processes()).not.toContain('sleep')
  expect((await run('instance', 'status', '101')).stdout).toMatch(/^status +running for/m)
  const { data } = (await run('criu', 'list', '101', '--json')).json() as {
    data: { checkpoint: string; state: string }[]
  }
  expect(data.find(({ checkpoint }) => checkpoint === 'second')).toMatchObject({
    state: 'stale',
    stale: [{ id: 'started', what: expect.any(String) }],
  })
})
