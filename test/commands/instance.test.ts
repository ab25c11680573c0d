import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PoolRecord } from '../../src/lib/pool/record.js'
import { withRecord } from '../../src/lib/pool/record-codec.js'
import { toVmid } from '../../src/lib/pve/vmid.js'
import { openTestBench, STORAGE, type TestBench, testBench } from '../support/test-bench.js'

const node = 'pve1'
let bench: TestBench
beforeAll(async () => {
  bench = await openTestBench()
  await bench.template(9000)
  for (const vmid of [101, 102, 103]) await bench.container(vmid)
})
afterAll(() => bench.close())

/** Tests that need a running container share 103. */
const run103 = () => bench.run(['instance', 'start', '103'])
const status = async (vmid: number) => (await bench.client.containers.status({ vmid, node })).status

test('list shows the containers without the templates, as a table for people and whole for programs', async () => {
  const text = await bench.run(['instance', 'list'])
  expect(text).toMatchObject({ exitCode: 0, stderr: '' })
  expect(text.stdout.split('\n')[0]).toMatch(/^VMID +NAME +STATUS +NODE/)
  expect(text.stdout).not.toContain('9000')
  const json = await bench.run(['instance', 'list', '--json', '--status', 'stopped', '--node', node])
  expect(json.json()).toMatchObject({ ok: true, data: [{ vmid: 101, name: 'ct101', node, status: 'stopped' }, {}, {}] })
})

test('a container that is named by VMID and by hostname is worked on once', async () => {
  await bench.container(110)
  const before = (await bench.client.tasks.list(node, { vmid: 110 })).length
  const restarted = await bench.run(['instance', 'restart', '110', 'ct110', '--json'])
  expect(restarted).toMatchObject({ exitCode: 0 })
  expect((await bench.client.tasks.list(node, { vmid: 110 })).length).toBe(before + 1)
  const deleted = await bench.run(['instance', 'delete', 'ct110', '110', '--force', '--yes', '--json'])
  expect(deleted.json()).toMatchObject({ ok: true, data: { reference: 'ct110', vmid: 110, found: true } })
})

test('several containers are started and stopped at once, each told of, with one exit code', async () => {
  const started = await bench.run(['instance', 'start', '101', 'ct102'])
  expect(started).toMatchObject({ exitCode: 0, stdout: '' })
  expect(started.stderr).toContain('Started container 101 (ct101) on node pve1')
  expect(started.stderr).toContain('Started container 102 (ct102) on node pve1')
  const stopped = await bench.run(['instance', 'stop', '101', 'nothing', '102', '--json'])
  expect(stopped).toMatchObject({ exitCode: 5 })
  expect(stopped.json()).toMatchObject({
    ok: false,
    error: { code: 'not-found', message: 'Could not stop 1 of 3 containers' },
    data: [
      { reference: '101', ok: true, data: { vmid: 101, status: 'stopped' } },
      { reference: 'nothing', ok: false, error: { code: 'not-found' } },
      { reference: '102', ok: true, data: { vmid: 102, status: 'stopped' } },
    ],
  })
  expect([await status(101), await status(102)]).toEqual(['stopped', 'stopped'])
})

test('what is so already is left alone and is no error', async () => {
  const stopped = await bench.run(['instance', 'stop', '102', '--json'])
  expect(stopped.json()).toMatchObject({ ok: true, data: { vmid: 102, status: 'stopped', changed: false } })
})

test.each([
  ['start', '103', 'Starting', 'runs already'],
  ['start', '103 --no-wait', 'Starting', 'runs already'],
  ['stop', '102 --no-wait', 'Stopping', 'is stopped already'],
])(
  '%s %s says of a container that it is left alone, and not that something was done to it',
  async (verb, words, title, state) => {
    await run103()
    const { stdout, stderr } = await bench.run(['instance', verb, ...words.split(' ')])
    const vmid = words.slice(0, 3)
    expect({ stdout, stderr }).toEqual({
      stdout: '',
      stderr: `${title}\nContainer ${vmid} (ct${vmid}) on node pve1 ${state}\n`,
    })
  },
)

test('restart starts a stopped container, and restarts a running one', async () => {
  expect((await bench.run(['instance', 'restart', '103', '--json'])).json()).toMatchObject({
    data: { status: 'running' },
  })
  const before = (await bench.client.containers.status({ vmid: 103, node })).pid
  expect((await bench.run(['instance', 'restart', '103', '--json'])).json()).toMatchObject({
    data: { status: 'running' },
  })
  expect((await bench.client.containers.status({ vmid: 103, node })).pid).not.toBe(before)
})

test('wait gives the address, and status shows it with sizes, disks and snapshots', async () => {
  await run103()
  const waited = await bench.run(['instance', 'wait', '103', '--for', 'ip'])
  expect(waited).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[\d.]+\n$/) })
  const shown = await bench.run(['instance', 'status', 'ct103', '--json'])
  expect(shown.json()).toMatchObject({
    data: {
      vmid: 103,
      status: 'running',
      addresses: [{ interface: 'eth0', address: waited.stdout.trim() }],
      memory: 512,
      unprivileged: true,
      snapshots: [],
      pending: [],
      volumes: { rootfs: expect.stringContaining(STORAGE) },
    },
  })
  expect((await bench.run(['instance', 'status', 'ct103'])).stdout).toMatch(
    /^container +103 \(ct103\) on node pve1\nstatus +running for /,
  )
})

test('wait ends with 124 when the time is up, and says what the container is', async () => {
  const result = await bench.run(['instance', 'wait', '101', '--for', 'ip', '--timeout', '200ms', '--json'])
  expect(result).toMatchObject({ exitCode: 124 })
  expect(result.json()).toMatchObject({
    error: {
      code: 'timeout',
      message: expect.stringContaining('it is stopped'),
      hint: expect.stringContaining('instance start 101'),
    },
  })
})

test('resize changes memory and cores of a running container and lets its disk grow, never shrink', async () => {
  await run103()
  const grown = await bench.run([
    'instance',
    'resize',
    '103',
    '--memory',
    '1G',
    '--cores',
    '2',
    '--disk',
    '2G',
    '--json',
  ])
  expect(grown.json()).toMatchObject({ ok: true, data: { vmid: 103, pending: [] } })
  expect((await bench.client.containers.config({ vmid: 103, node })).options).toMatchObject({
    memory: 1024,
    cores: 2,
    rootfs: expect.stringContaining('size=2G'),
  })
  expect(await bench.run(['instance', 'resize', '103', '--disk', '1G'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('rootfs is 2 GiB and cannot shrink to 1 GiB'),
  })
  expect(await bench.run(['instance', 'resize', '103', '--disk', '9G', '--volume', 'mp0'])).toMatchObject({
    exitCode: 5,
    stderr: expect.stringMatching(/has no disk mp0[\s\S]*It has rootfs/),
  })
  expect((await bench.run(['instance', 'resize', '103'])).exitCode).toBe(2)
})

test('delete asks for --yes where nobody can answer, and for --force when the container runs', async () => {
  await bench.container(108)
  await bench.start(108)
  expect(await bench.run(['instance', 'delete', '108'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--yes'),
  })
  const refused = await bench.run(['instance', 'delete', '108', '--yes', '--json'])
  expect(refused).toMatchObject({ exitCode: 6 })
  expect(refused.json()).toMatchObject({ error: { code: 'conflict', hint: expect.stringContaining('--force') } })
  expect(await bench.run(['instance', 'delete', '108', '--yes', '--force'])).toMatchObject({ exitCode: 0 })
  expect(await bench.vmids()).not.toContain(108)
})

test('delete of what is not there is an error, and none with --if-exists', async () => {
  expect((await bench.run(['instance', 'delete', '999', '--yes'])).exitCode).toBe(5)
  const result = await bench.run(['instance', 'delete', '999', '--yes', '--if-exists', '--json'])
  expect(result.json()).toEqual({ ok: true, data: { reference: '999', found: false } })
})

test.each([
  ['start', ['start', '9000']],
  ['delete', ['delete', '9000', '--yes']],
])('%s refuses a template, and says what to do with it', async (_verb, argv) => {
  const result = await bench.run(['instance', ...argv, '--json'])
  expect(result).toMatchObject({ exitCode: 6 })
  expect(result.json()).toMatchObject({
    error: { message: expect.stringContaining('is a template'), hint: expect.stringContaining('instance clone 9000') },
  })
  expect(await bench.vmids()).toContain(9000)
})

test('a protected container is not deleted, and the error says how to allow it', async () => {
  await bench.container(104, { protection: 1 })
  const result = await bench.run(['instance', 'delete', '104', '--yes', '--json'])
  expect(result).toMatchObject({ exitCode: 6 })
  expect(result.json()).toMatchObject({
    error: {
      message: expect.stringContaining('protection mode enabled'),
      hint: expect.stringContaining('`protection`'),
    },
  })
})

test.each([
  ['runs', 120],
  ['is protected', 121],
  ['is locked', 122],
])('a dry run of the deletion of one that %s is refused as the real one is', async (why, vmid) => {
  await bench.container(vmid, { protection: why === 'is protected' ? 1 : 0 })
  if (why === 'runs') await bench.start(vmid)
  if (why === 'is locked') await bench.client.containers.update({ vmid, node }, { set: { lock: 'backup' } })
  const dry = await bench.run(['instance', 'delete', String(vmid), '--dry-run', '--json'])
  const real = await bench.run(['instance', 'delete', String(vmid), '--yes', '--json'])
  expect([real.exitCode, dry.exitCode]).toEqual([6, 6])
  expect(dry.json()).toEqual(real.json())
  const forced = await bench.run(['instance', 'delete', String(vmid), '--force', '--dry-run'])
  expect(forced.exitCode).toBe(why === 'runs' ? 0 : 6)
  expect(await bench.vmids()).toContain(vmid)
})

test.each([
  ['a container of a pool', 123, 123, 'cmux-pve pool remove 123'],
  ['a clone of one', 124, 123, 'set `protection` to 0'],
])('to delete %s that is protected is refused with the way out', async (_what, vmid, recorded, hint) => {
  const record: PoolRecord = {
    version: 1,
    pool: 'main',
    vmid: toVmid(recorded),
    template: toVmid(9000),
    revision: 'r',
    state: 'ready',
    generation: 1,
    tier: { kind: 'stopped' },
    since: 1,
    owner: 'o',
  }
  await bench.container(vmid, { protection: 1 })
  await bench.client.containers.update({ vmid, node }, { set: { description: withRecord('', record) } })
  for (const word of ['--yes', '--dry-run']) {
    const refused = await bench.run(['instance', 'delete', String(vmid), word, '--json'])
    expect(refused.json()).toMatchObject({ error: { code: 'conflict', hint: expect.stringContaining(hint) } })
  }
})

test('a locked container tells the word and the remedy', async () => {
  await bench.container(105)
  await bench.client.containers.update({ vmid: 105, node }, { set: { lock: 'backup' } })
  const result = await bench.run(['instance', 'start', '105', '--json'])
  expect(result).toMatchObject({ exitCode: 6 })
  expect(result.json()).toMatchObject({
    error: {
      code: 'locked',
      message: expect.stringContaining('locked (backup)'),
      hint: expect.stringContaining('pct unlock 105'),
    },
  })
})

test('an ambiguous name lists the VMIDs', async () => {
  for (const vmid of [106, 107]) await bench.container(vmid, { hostname: 'twin' })
  const result = await bench.run(['instance', 'status', 'twin', '--json'])
  expect(result).toMatchObject({ exitCode: 6 })
  expect(result.json()).toMatchObject({ error: { code: 'ambiguous', message: expect.stringMatching(/106.*107/) } })
})

test.each([
  [['start', '101'], 'POST /nodes/pve1/lxc/101/status/start'],
  [['stop', '101', '--force'], 'POST /nodes/pve1/lxc/101/status/stop'],
  [['restart', '101'], 'POST /nodes/pve1/lxc/101/status/reboot'],
  [['resize', '101', '--memory', '1G'], 'PUT /nodes/pve1/lxc/101/config memory=1024'],
  [['delete', '101'], 'DELETE /nodes/pve1/lxc/101'],
])('%j with --dry-run prints the call and makes none', async (argv, call) => {
  const before = await bench.client.containers.config({ vmid: 101, node })
  const result = await bench.run(['instance', ...argv, '--dry-run'])
  expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  expect(result.stdout).toContain(call)
  expect(await bench.client.containers.config({ vmid: 101, node })).toEqual(before)
  expect(await status(101)).toBe('stopped')
})

test('--no-wait prints the UPID of each task on stdout', async () => {
  const result = await bench.run(['instance', 'start', '101', '102', '--no-wait'])
  expect(result).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^(UPID:pve1:\S+:vzstart:10[12]:\S+:\n){2}$/),
  })
  const stopped = await bench.run(['instance', 'stop', '101', '--force', '--no-wait', '--json'])
  expect(stopped.json()).toMatchObject({ data: { vmid: 101, node, upid: expect.stringMatching(/^UPID:/) } })
})

test('--watch writes one JSON line a look and ends quietly with 130', async () => {
  const watching = bench.run(['instance', 'list', '--watch', '--interval', '50ms', '--json'], {
    signal: { name: 'SIGINT', after: /"ok":true[\s\S]*\n[\s\S]*"ok":true[\s\S]*\n/, of: 'stdout' },
  })
  const { exitCode, stdout, stderr } = await watching
  expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.length).toBeGreaterThanOrEqual(2)
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ ok: true, data: expect.any(Array) })
})

test('a container that will not shut down keeps running, and the error says how to force it', async () => {
  const stubborn = await testBench({
    timeScale: 100,
    faults: [{ on: 'step:vzshutdown.shutdown', do: 'fail', message: 'container did not stop' }],
  })
  await stubborn.container(101)
  await stubborn.start(101)
  const result = await stubborn.run(['instance', 'stop', '101', '--json'])
  expect(result).toMatchObject({ exitCode: 124 })
  expect(result.json()).toMatchObject({
    error: {
      code: 'timeout',
      message: expect.stringContaining('still running'),
      hint: expect.stringContaining('instance stop 101 --force'),
    },
  })
})

test('a list of 5,000 containers is whole, also through a pipe', async () => {
  const large = await testBench()
  await large.container(101)
  const { configs } = large.simulator.cluster
  const config = configs.load(101, node)
  for (let vmid = 10_000; vmid < 14_999; vmid++) configs.create(vmid, node, config)
  const result = await large.run(['instance', 'list', '--json'])
  expect(result.exitCode).toBe(0)
  expect((result.json() as { data: unknown[] }).data).toHaveLength(5000)
  expect((await large.run(['instance', 'list'])).stdout.trimEnd().split('\n')).toHaveLength(5001)
})
