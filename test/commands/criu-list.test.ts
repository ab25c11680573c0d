import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CRIU_READY, type CriuBench, openCriuBench } from '../support/criu-bench.js'

let bench: CriuBench
beforeAll(async () => {
  bench = await openCriuBench({ timeScale: 100 })
  await bench.container(101, { ...CRIU_READY, rootfs: 'ceph:1' })
  await bench.container(102, { rootfs: 'ceph:1' })
  await bench.migrate(102, 'pve1', 'pve3')
  for (const [vmid, node] of [
    [101, 'pve1'],
    [102, 'pve3'],
  ] as const)
    await bench.client.tasks.wait(await bench.client.containers.start({ vmid, node }))
})
afterAll(() => bench.close())

const criu = (...words: readonly string[]) => bench.run(['criu', ...words])
const FOLDER = '/var/lib/cmux-pve/checkpoints/101'

describe('criu status', () => {
  test('reports on all nodes, and on containers wherever they are', async () => {
    const nodes = (await criu('status', '--json')).json()
    expect(nodes).toMatchObject({
      ok: true,
      data: {
        nodes: ['pve1', 'pve2', 'pve3'].map((node) => ({
          node,
          versions: { criu: '4.1.1', lxc: '6.0.5', kernel: '6.14.8-2-pve', pve: expect.stringContaining('9.2') },
          check: { ok: true, said: 'Looks good.' },
          features: expect.arrayContaining([{ name: 'mem_dirty_track', supported: false }]),
          space: { free: expect.any(Number), total: expect.any(Number) },
          keepsLimits: false,
          blockers: [],
        })),
        containers: [],
      },
    })
    const { data } = (await criu('status', '102', 'ct101', '--json')).json() as { data: Record<string, unknown> }
    expect(data).toMatchObject({
      nodes: [{ node: 'pve1' }, { node: 'pve3' }],
      containers: [
        {
          vmid: 102,
          node: 'pve3',
          possible: false,
          blockers: [{ id: 'unprivileged-network' }, { id: 'terminals' }, { id: 'console' }],
        },
        { vmid: 101, node: 'pve1', possible: true, blockers: [] },
      ],
    })
    expect((await criu('status', '102')).stdout).toMatch(
      /BLOCKS {2}unprivileged-network: It is unprivileged.*`cmux-pve template create --criu`/,
    )
    expect(await criu('status', 'nobody')).toMatchObject({ exitCode: 5 })
  })

  test('fixes what it can after a question, and says that a restart is needed', async () => {
    expect(await criu('status', '102', '--fix')).toMatchObject({ exitCode: 2 })
    const dry = await criu('status', '102', '--fix', '--dry-run')
    expect(dry.stdout).toMatch(/^PUT \/nodes\/pve3\/lxc\/102\/config tty=0 console=0 digest=[0-9a-f]{40}\n$/)
    expect(dry.stderr).toContain('Would set tty')
    expect(dry.stderr).not.toMatch(/\bSet /)
    expect((await criu('status', '102', '--fix', '--yes', '--json')).json()).toMatchObject({
      data: {
        fixed: [{ vmid: 102, set: { tty: 0, console: 0 } }],
        containers: [{ blockers: [{}, { id: 'terminals', remedy: { command: 'cmux-pve instance restart 102' } }, {}] }],
      },
    })
    await bench.run(['instance', 'restart', '102'])
    expect((await criu('status', '102', '--json')).json()).toMatchObject({
      data: { containers: [{ blockers: [{ id: 'unprivileged-network' }] }] },
    })
    expect(await criu('status', '102', '--fix', '--yes')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('nothing that could be fixed'),
    })
  })
})

describe('checkpoints on their nodes', () => {
  test('are listed with what they are to their containers', async () => {
    await bench.ssh('pve1', "pct exec 101 -- sh -c 'setsid sleep 100000 &'")
    expect(await criu('checkpoint', '101', '--name', 'first', '--leave-running')).toMatchObject({ exitCode: 0 })
    expect(await criu('checkpoint', '101', '--name', 'second')).toMatchObject({ exitCode: 0 })
    expect((await criu('list', '--json')).json()).toMatchObject({
      ok: true,
      data: [
        {
          ...{ vmid: 101, name: 'ct101', node: 'pve1', checkpoint: 'first', state: 'stale', asleep: false },
          ...{ created: expect.any(Number), bytes: expect.any(Number) },
          ...{
            stale: [{ id: 'left-running', what: expect.any(String) }],
            container: { node: 'pve1', status: 'stopped' },
          },
        },
        { checkpoint: 'second', state: 'asleep', asleep: true, stale: [] },
      ],
    })
    expect((await criu('list', '101')).stdout).toMatch(
      /^VMID +NAME +NODE .*\n 101 +ct101 +pve1 +first .*stale: left-running\n/,
    )
    expect(await criu('list', '102')).toMatchObject({ stdout: '', stderr: expect.stringContaining('No checkpoints.') })
    expect((await criu('list', '--node', 'pve2', '--json')).json()).toMatchObject({ data: [] })
  })

  test('are inspected: process tree, sizes, age, and whether their images are what was written', async () => {
    const { data } = (await criu('inspect', '101', '--json')).json() as {
      data: { manifest: { processes: { name: string }[] } }
    }
    expect(data).toMatchObject({
      ...{
        vmid: 101,
        checkpoint: 'second',
        status: 'stopped',
        asleep: true,
        state: 'finished',
        damaged: [],
        stale: [],
      },
      ...{ age: expect.any(Number), bytes: expect.any(Number) },
    })
    expect(data.manifest.processes.map(({ name }) => name)).toContain('sleep')
    expect((await criu('inspect', 'ct101')).stdout).toMatch(
      /^restorable +yes[\s\S]*^processes +\d+\n +1 \S+\n +\d+ \w+/m,
    )
    await bench.ssh(
      'pve1',
      `cd ${FOLDER}/second/images && printf X | dd of=pages-1.img bs=1 seek=5 conv=notrunc 2>/dev/null`,
    )
    expect((await criu('inspect', '101', '--json')).json()).toMatchObject({ data: { damaged: ['pages-1.img'] } })
    expect(await criu('inspect', '101', 'none')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining('Error: Node pve1 holds no checkpoint none of container 101 (ct101)\n'),
    })
    expect(await criu('restore', '101')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('pages-1.img') })
  })

  test('are deleted and pruned, but the one that a container sleeps in only by force', async () => {
    expect((await criu('prune', '--keep', '0', '--dry-run')).stdout).toContain(
      'remove checkpoints first of container 101',
    )
    expect((await criu('prune', '--keep', '0', '--yes', '--json')).json()).toMatchObject({
      data: { deleted: [{ checkpoint: 'first' }], bytes: expect.any(Number) },
    })
    expect(await criu('prune')).toMatchObject({ exitCode: 2 })
    expect(await criu('delete', '101', 'second', '--yes')).toMatchObject({ exitCode: 6 })
    expect(await criu('delete', '101', '--yes')).toMatchObject({ exitCode: 2 })
    expect(await criu('delete', '101', 'second', '--force', '--yes')).toMatchObject({ exitCode: 0 })
    expect((await criu('list', '--json')).json()).toMatchObject({ data: [] })
    expect((await bench.run(['instance', 'status', '101', '--json'])).json()).not.toHaveProperty('data.sleep')
    expect(await criu('delete', '101', '--all', '--yes')).toMatchObject({ exitCode: 5 })
    expect(await bench.run(['instance', 'start', '101'])).toMatchObject({ exitCode: 0 })
  })

  test('of a container that is gone show as orphaned, are not pruned, and can be deleted by VMID', async () => {
    expect(await criu('checkpoint', '101', '--name', 'last')).toMatchObject({ exitCode: 0 })
    expect(await bench.run(['instance', 'delete', '101', '--yes'])).toMatchObject({ exitCode: 0 })
    expect((await criu('list', '--json')).json()).toMatchObject({
      data: [{ vmid: 101, name: 'ct101', checkpoint: 'last', state: 'orphaned', asleep: false }],
    })
    await criu('prune', '--keep', '0', '--yes')
    expect(await criu('delete', '101', '--all', '--yes')).toMatchObject({ exitCode: 0 })
    expect((await criu('list', '--json')).json()).toMatchObject({ data: [] })
  })
})
