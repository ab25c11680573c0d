import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBench, type TestBench } from '../support/test-bench.js'

let bench: TestBench
beforeAll(async () => {
  bench = await openTestBench({ storages: ['dir', 'lvmthin', 'zfspool'], timeScale: 100 })
  await bench.container(101)
  await bench.container(102, { rootfs: 'local-zfs:1' })
  await bench.container(103, { rootfs: 'local:1' })
})
afterAll(() => bench.close())

const criu = (...words: readonly string[]) => bench.run(['criu', ...words])
const config = (vmid: number) => bench.client.containers.config({ vmid, node: bench.node })
const inside = async (script: string) => (await bench.run(['instance', 'exec', '101', '--', 'sh', '-c', script])).stdout

describe('snapshots', () => {
  test('are taken with a name from the time, listed oldest first, and deleted', async () => {
    const taken = await criu('snapshot', 'ct101', '--description', 'fresh', '--json')
    const { data } = taken.json() as { data: { snapshot: string } }
    expect(taken.json()).toMatchObject({
      ok: true,
      data: { vmid: 101, name: 'ct101', node: 'pve1', upid: expect.any(String) },
    })
    expect(data.snapshot).toMatch(/^snap-\d{8}-\d{6}$/)
    expect(await criu('snapshot', '101', 'second')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("Took snapshot 'second' of container 101 (ct101) on node pve1"),
    })
    const listed = await criu('snapshots', '101')
    expect(listed.stdout).toMatch(
      /^NAME .*\nsnap-\S+ +\d{4}-.* UTC +- +- +whole +fresh\nsecond +.* snap-\S+ +goes on from here +whole/,
    )
    expect((await criu('snapshots', '101', '--json')).json()).toMatchObject({
      ok: true,
      data: {
        vmid: 101,
        parent: 'second',
        snapshots: [{ name: data.snapshot, snaptime: expect.any(Number) }, { name: 'second' }],
      },
    })
    expect(await criu('delete-snapshot', '101', 'second', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await criu('delete-snapshot', '101', 'second', '--yes')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining("has no snapshot 'second'"),
    })
    expect(await criu('delete-snapshot', '101', data.snapshot, '--yes')).toMatchObject({ exitCode: 0 })
    expect(await criu('snapshots', '101')).toMatchObject({
      stdout: '',
      stderr: expect.stringContaining('No snapshots.'),
    })
  })

  test('of a running container come with a warning, and a rollback says what goes back before it asks', async () => {
    await bench.start(101)
    await inside('echo before >/root/state')
    expect((await criu('snapshot', '101', 'base')).stderr).toContain('may take 46 s longer')
    await inside('echo after >/root/state')
    await bench.client.containers.update(
      { vmid: 101, node: bench.node },
      { set: { hostname: 'renamed', tags: 'new', description: 'kept' } },
    )
    const refused = await criu('rollback', '101')
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toMatch(
      /Rolling back to 'base', taken .*\nThe container runs: it is stopped at once.*not started again.*\nhostname goes back from renamed to ct101\.\ntags goes back from new to not set\.\nThe description stays/,
    )
    const dry = await criu('rollback', '101', '--dry-run')
    expect(dry.stdout).toBe('POST /nodes/pve1/lxc/101/snapshot/base/rollback\n')
    const done = await criu('rollback', '101', 'base', '--yes', '--start', '--json')
    expect(done.json()).toMatchObject({
      ok: true,
      data: {
        vmid: 101,
        snapshot: 'base',
        stopped: false,
        options: [
          { key: 'hostname', now: 'renamed', after: 'ct101' },
          { key: 'tags', now: 'new' },
        ],
      },
    })
    await bench.run(['instance', 'wait', '101', '--for', 'running'])
    expect(await inside('cat /root/state')).toBe('before\n')
    expect(await config(101)).toMatchObject({
      hostname: 'ct101',
      tags: [],
      description: expect.stringContaining('kept'),
    })
  })

  test('are refused by name of the storage before anything is tried', async () => {
    const refused = await criu('snapshot', '103', '--json')
    expect(refused.exitCode).toBe(1)
    expect(refused.json()).toMatchObject({
      ok: false,
      error: {
        code: 'unsupported',
        message: expect.stringContaining('storage local (dir) has no snapshots of containers'),
      },
    })
    const tasks = await bench.client.tasks.list(bench.node, { vmid: 103 })
    expect(tasks.some(({ type }) => type === 'vzsnapshot')).toBe(false)
    expect(await criu('snapshot', '101', 'current')).toMatchObject({ exitCode: 2 })
    expect(await criu('snapshot', '101', '1st')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("'1st' cannot be the name of a snapshot"),
    })
  })

  test('that a storage cannot go back to are told, with those that are in the way', async () => {
    for (const name of ['one', 'two']) await criu('snapshot', '102', name)
    expect(await criu('rollback', '102', 'one', '--yes')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        'storage local-zfs (zfspool) goes back to its newest snapshot only, and two came later',
      ),
    })
    expect(await criu('rollback', '102', '--yes')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("back to snapshot 'two'"),
    })
    expect(await criu('rollback', '103', '--yes')).toMatchObject({ exitCode: 5 })
  })
})
