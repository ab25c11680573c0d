import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestBench, STORAGE, type TestBench, testBench } from '../support/test-bench.js'

const node = 'pve1'

describe('instance clone', () => {
  let bench: TestBench
  beforeAll(async () => {
    bench = await openTestBench()
    await bench.template(9000)
  })
  afterAll(() => bench.close())

  test('makes a linked clone and prints nothing but its VMID on stdout', async () => {
    const { exitCode, stdout, stderr } = await bench.run(['instance', 'clone'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^\d+\n$/) })
    expect(stderr).toContain('(linked clone)')
    expect(await bench.vmids()).toContain(Number(stdout))
  })

  test('gives the clone its name, sizes and tags and starts it', async () => {
    const argv = ['--hostname', 'web', '--memory', '2G', '--cores', '2', '--disk', '3G', '--tag', 'a', '--tag', 'b']
    const result = await bench.run(['instance', 'clone', 'ct9000', '--vmid', '150', ...argv, '--start', '--json'])
    expect(result.json()).toMatchObject({
      ok: true,
      data: { vmid: 150, name: 'web', node, source: { vmid: 9000, node }, kind: 'linked', status: 'running' },
    })
    const { options, tags } = await bench.client.containers.config({ vmid: 150, node })
    expect(options).toMatchObject({
      hostname: 'web',
      memory: 2048,
      cores: 2,
      rootfs: expect.stringContaining('size=3G'),
    })
    expect(tags).toEqual(['a', 'b'])
  })

  test('a hostname that another container has is told of, for it does not name either of them then', async () => {
    await bench.container(155, { hostname: 'twin' })
    await bench.indexed('twin')
    const before = bench.simulator.cluster.configs.size
    const second = await bench.run(['instance', 'clone', '9000', '--vmid', '156', '--hostname', 'twin', '--json'])
    expect(second).toMatchObject({ exitCode: 0 })
    expect(second.json()).toMatchObject({
      ok: true,
      data: { vmid: 156, name: 'twin' },
      warnings: [expect.stringMatching(/^Container 155 is named 'twin' too: /)],
    })
    expect(bench.simulator.cluster.configs.size).toBe(before + 1)
    const third = await bench.run(['instance', 'clone', '9000', '--hostname', 'other', '--json'])
    expect(third.json()).not.toHaveProperty('warnings')
  })

  test('a hostname of digits alone is told of, for commands take it for a VMID', async () => {
    const clone = await bench.run(['instance', 'clone', '9000', '--vmid', '157', '--hostname', '4711', '--json'])
    expect(clone.json()).toMatchObject({
      data: { vmid: 157, name: '4711' },
      warnings: ["The hostname '4711' names no container to a command: digits alone are taken for a VMID"],
    })
  })

  test('a taken VMID is refused at once, and the one that was there is not touched', async () => {
    await bench.container(160)
    const before = await bench.client.containers.config({ vmid: 160, node })
    const result = await bench.run(['instance', 'clone', '9000', '--vmid', '160', '--json'])
    expect(result).toMatchObject({ exitCode: 6 })
    expect(result.json()).toMatchObject({
      error: {
        code: 'exists',
        message: expect.stringMatching(/^VMID 160 is taken by .* on node pve1$/),
        hint: expect.stringContaining('--vmid'),
      },
    })
    expect(await bench.client.containers.config({ vmid: 160, node })).toEqual(before)
  })

  test('a tag that is none is refused before anything is made', async () => {
    const before = await bench.vmids()
    expect((await bench.run(['instance', 'clone', '--tag', 'ünï', '--json'])).json()).toMatchObject({
      ok: false,
      error: { code: 'usage', message: "--tag: 'ünï' is not a tag" },
    })
    expect(await bench.vmids()).toEqual(before)
  })

  test('an automatic VMID that somebody else took a moment before is replaced by another', async () => {
    const message = "CT 100 already exists on node 'pve1'"
    const taken = { on: 'POST /nodes/*/lxc/9000/clone', nth: 1, do: 'fail', status: 500, message }
    const { run, template, vmids } = await testBench({ faults: [taken] })
    await template(9000)
    expect(await run(['instance', 'clone'])).toMatchObject({ exitCode: 0, stdout: '101\n' })
    expect(await vmids()).toEqual([101, 9000])
  })

  test('a source that does not exist is not found, and says what to do', async () => {
    const result = await bench.run(['instance', 'clone', 'nothing', '--json'])
    expect(result).toMatchObject({ exitCode: 5 })
    expect(result.json()).toMatchObject({ ok: false, error: { code: 'not-found', hint: expect.any(String) } })
  })

  test.each([
    ['a hostname that is none', ['--hostname', 'a_b'], 2, "'a_b' is not a hostname"],
    ['a disk smaller than the template has', ['--disk', '1G', '--vmid', '171'], 1, 'cannot shrink'],
    [
      '--no-wait with what can only be done afterwards',
      ['--no-wait', '--start'],
      2,
      '--no-wait cannot go with --start',
    ],
  ])('refuses %s before anything is made', async (_what, argv, exitCode, message) => {
    await bench.container(170, { rootfs: `${STORAGE}:2` }).catch(() => {})
    const before = await bench.vmids()
    const source = argv.includes('--disk') ? '170' : '9000'
    const result = await bench.run(['instance', 'clone', source, ...argv, '--json'])
    expect(result).toMatchObject({ exitCode })
    expect(result.json()).toMatchObject({ error: { message: expect.stringContaining(message) } })
    expect(await bench.vmids()).toEqual(before)
  })

  test('--dry-run prints the calls and makes none', async () => {
    const before = await bench.vmids()
    const result = await bench.run([
      'instance',
      'clone',
      '9000',
      '--vmid',
      '180',
      '--memory',
      '1G',
      '--start',
      '--dry-run',
      '--json',
    ])
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
    expect(result.json()).toMatchObject({
      data: {
        dryRun: true,
        calls: [
          { method: 'POST', path: '/nodes/pve1/lxc/9000/clone', parameters: { newid: 180 } },
          { method: 'PUT', path: '/nodes/pve1/lxc/180/config', parameters: { memory: 1024 } },
          { method: 'POST', path: '/nodes/pve1/lxc/180/status/start' },
        ],
      },
    })
    expect(await bench.vmids()).toEqual(before)
  })

  test('--no-wait prints the UPID of the task, which goes on', async () => {
    const { exitCode, stdout } = await bench.run(['instance', 'clone', '9000', '--no-wait', '--vmid', '190'])
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^UPID:pve1:.*:vzclone:9000:.*:\n$/),
    })
    await bench.client.tasks.wait(stdout.trim() as never)
    expect(await bench.vmids()).toContain(190)
  })

  test('a container that is no template is copied in full, and says so; a running one is refused', async () => {
    await bench.container(200)
    const copy = await bench.run(['instance', 'clone', '200', '--json'])
    expect(copy.json()).toMatchObject({ data: { kind: 'full' }, warnings: [expect.stringContaining('only templates')] })
    await bench.start(200)
    expect(await bench.run(['instance', 'clone', '200'])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/is running and can be copied only while it is stopped[\s\S]*Hint: Stop it first/),
    })
  })

  test('a token without rights is told which privilege it lacks', async () => {
    const { id, secret } = bench.simulator.lowToken
    const result = await bench.run(['instance', 'clone', '9000', '--json'], {
      env: { PVE_API_TOKEN: `${id}=${secret}` },
    })
    expect(result.exitCode).toBeGreaterThan(3)
    expect(result.json()).toMatchObject({ ok: false, error: { hint: expect.any(String) } })
    expect(result.stdout).not.toContain(secret)
  })
})

test('ten clones started at once all end well, with ten VMIDs', async () => {
  const bench = await testBench({ latency: 'realistic', timeScale: 1 })
  await bench.template(9000)
  const results = await Promise.all(
    Array.from({ length: 10 }, () => bench.run(['instance', 'clone', '9000', '--json'])),
  )
  expect(results.map(({ exitCode }) => exitCode)).toEqual(Array(10).fill(0))
  const vmids = results.map((result) => (result.json() as { data: { vmid: number } }).data.vmid)
  expect(new Set(vmids).size).toBe(10)
  expect(await bench.vmids()).toEqual([...vmids, 9000].toSorted((a, b) => a - b))
}, 60_000)

test('a storage without linked clones gives a full copy, and the command says so', async () => {
  const bench = await testBench({ storages: ['dir'] })
  await bench.template(9000, { rootfs: 'local:1' })
  const result = await bench.run(['instance', 'clone', '9000', '--json'])
  expect(result.json()).toMatchObject({
    data: { kind: 'full' },
    warnings: ['Making a full copy: storage local has no linked clones'],
  })
})

test('a full storage is named, and nothing of the clone is left', async () => {
  const bench = await testBench({
    faults: [{ on: 'step:vzclone.copy', do: 'fail', message: 'rsync: write failed: No space left on device (28)' }],
  })
  await bench.template(9000)
  const result = await bench.run(['instance', 'clone', '9000', '--full', '--json'])
  expect(result).toMatchObject({ exitCode: 1 })
  expect(result.json()).toMatchObject({
    error: { code: 'storage-full', message: expect.stringContaining('Nothing of the clone was left behind') },
  })
  expect(await bench.vmids()).toEqual([9000])
})

test('a template left locked by a killed worker is told from one that is in use, with the remedy', async () => {
  const bench = await testBench({ faults: [{ on: 'step:vzclone.copy', do: 'kill-worker' }] })
  await bench.template(9000)
  expect((await bench.run(['instance', 'clone', '9000'])).exitCode).toBe(1)
  const result = await bench.run(['instance', 'clone', '9000', '--json'])
  expect(result).toMatchObject({ exitCode: 6 })
  expect(result.json()).toMatchObject({
    error: {
      code: 'locked',
      message: expect.stringContaining('no task works on it'),
      hint: expect.stringContaining('`pct unlock 9000` on node pve1'),
    },
  })
})

test('a step that fails after the clone was made leaves it there, and says so', async () => {
  const bench = await testBench({ faults: [{ on: 'PUT /nodes/*/lxc/*/config', do: 'fail', message: 'got timeout' }] })
  await bench.template(9000)
  const result = await bench.run(['instance', 'clone', '9000', '--memory', '1G', '--json'])
  expect(result.exitCode).toBe(1)
  expect(result.json()).toMatchObject({
    error: {
      message: expect.stringMatching(/got timeout.*container 100 .* was made and is still there/),
      hint: expect.stringMatching(
        /`cmux-pve instance delete 100`, or carry on with it: `cmux-pve instance resize 100 --memory 1024`\.$/,
      ),
    },
    data: { vmid: 100 },
  })
  expect(await bench.vmids()).toEqual([100, 9000])
})

test('Ctrl-C while the clone starts names a way to delete it that helps, for the start goes on', async () => {
  const bench = await testBench({ faults: [{ on: 'step:vzstart.*', do: 'delay', ms: 60_000 }], timeScale: 10 })
  await bench.template(9000)
  const result = await bench.run(['instance', 'clone', '9000', '--vmid', '170', '--start', '--json'], {
    signal: {
      name: 'SIGINT',
      after: async () => {
        const started = async () => (await bench.client.tasks.list(node)).some(({ type }) => type === 'vzstart')
        await expect.poll(started, { timeout: 15_000 }).toBe(true)
      },
    },
  })
  expect(result.json()).toMatchObject({
    error: { code: 'interrupted', hint: expect.stringContaining('`cmux-pve instance delete 170 --force`') },
  })
})

test.each([
  ['during the wait', { on: 'step:vzclone.copy', do: 'delay', ms: 60_000 }],
  ['while Proxmox is being asked', { on: 'POST /nodes/pve1/lxc/9000/clone', do: 'delay', ms: 1000 }],
])('Ctrl-C %s says at once that the task goes on, with its UPID, and exits 130', async (_when, fault) => {
  const bench = await testBench({ faults: [fault], timeScale: 10 })
  await bench.template(9000)
  const result = await bench.run(['instance', 'clone', '9000'], {
    signal: { name: 'SIGINT', after: /Clone container/ },
  })
  expect(result).toMatchObject({ exitCode: 130, stdout: '' })
  expect(result.stderr).toMatch(/Interrupted, but the task to clone container 9000 .* goes on: UPID:pve1:/)
})

test('Ctrl-C while waiting for a turn leaves nothing behind', async () => {
  const bench = await testBench({ faults: [{ on: 'step:vzclone.copy', do: 'delay', ms: 60_000 }], timeScale: 10 })
  await bench.template(9000)
  await bench.run(['instance', 'clone', '9000', '--no-wait'])
  const result = await bench.run(['instance', 'clone', '9000'], {
    signal: { name: 'SIGTERM', after: /Wait for container/ },
  })
  expect(result).toMatchObject({ exitCode: 143, stderr: expect.stringContaining('Interrupted') })
  expect(await bench.vmids()).toEqual([100, 9000])
})

test('a wait that takes too long ends with 124, says that the task goes on, and the clone is made all the same', async () => {
  const bench = await testBench({ faults: [{ on: 'step:vzclone.copy', do: 'delay', ms: 30_000 }], timeScale: 20 })
  await bench.template(9000)
  const result = await bench.run(['instance', 'clone', '9000', '--timeout', '300ms', '--json'])
  expect(result).toMatchObject({ exitCode: 124 })
  const { error, data } = result.json() as { error: { message: string }; data: { upid: string } }
  expect(error.message).toContain(data.upid)
  expect(error.message).not.toContain('Left out')
  await bench.client.tasks.wait(data.upid as never)
  expect(await bench.vmids()).toEqual([100, 9000])
})

test('a wait that takes too long says what was left out, with commands that do it', async () => {
  const bench = await testBench({ faults: [{ on: 'step:vzclone.copy', do: 'delay', ms: 30_000 }], timeScale: 20 })
  await bench.template(9000)
  const rest = ['--tag', 'a', '--tag', 'b', '--memory', '1G', '--disk', '4G', '--start', '--hostname', 'web']
  const result = await bench.run(['instance', 'clone', '9000', ...rest, '--timeout', '300ms', '--json'])
  expect(result).toMatchObject({ exitCode: 124 })
  const { error, data } = result.json() as { error: { message: string; hint: string }; data: { upid: string } }
  expect(error.message).toMatch(/goes on: UPID:.*\. Left out: tags, memory, disk size, start\.$/)
  const commands = [...error.hint.matchAll(/`cmux-pve ([^`]*)`/g)].map(([, command = '']) => command.split(' '))
  expect(error.hint).toContain("do the rest: `pct set 100 --tags 'a;b'` on node pve1, ")
  expect(commands).toHaveLength(2)

  await bench.client.tasks.wait(data.upid as never)
  for (const command of commands) expect(await bench.run(command)).toMatchObject({ exitCode: 0 })
  expect(await bench.client.containers.config({ vmid: 100, node })).toMatchObject({
    options: { memory: 1024, rootfs: expect.stringContaining('size=4G') },
  })
  expect(await bench.client.containers.status({ vmid: 100, node })).toMatchObject({ status: 'running' })
})
