import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { OS_TEMPLATE, openTestBench, type TestBench, testBench } from '../support/test-bench.js'

const node = 'pve1'
let bench: TestBench
beforeAll(async () => {
  bench = await openTestBench({ storages: ['dir', 'lvmthin', 'zfspool'] })
  await bench.template(9000)
  await bench.template(9002)
  await bench.container(310)
})
afterAll(() => bench.close())

test('list shows templates, OS templates, and with --available what can be downloaded', async () => {
  const result = await bench.run(['template', 'list', '--available', '--json'])
  expect(result.json()).toMatchObject({
    ok: true,
    data: {
      templates: expect.arrayContaining([expect.objectContaining({ vmid: 9000, template: true })]),
      osTemplates: [{ volid: OS_TEMPLATE, storage: 'local', node }],
      available: expect.arrayContaining([expect.objectContaining({ template: expect.stringContaining('debian-13') })]),
    },
  })
  const text = await bench.run(['template', 'list'])
  expect(text.stdout).toMatch(/VMID[\s\S]*ct9000[\s\S]*OS TEMPLATE[\s\S]*alpine-3\.20/)
})

test('create makes an unprivileged container with nesting, its sizes from the settings', async () => {
  const result = await bench.run(['template', 'create', 'alpine-3.20', '--vmid', '9001', '--start', '--json'], {
    env: { PVE_LXC_MEMORY: '256', PVE_LXC_CORES: '1', PVE_LXC_DISK: '2' },
  })
  expect(result.json()).toMatchObject({
    ok: true,
    data: { vmid: 9001, name: 'template-9001', node, osTemplate: OS_TEMPLATE, status: 'running' },
  })
  expect((await bench.client.containers.config({ vmid: 9001, node })).options).toMatchObject({
    memory: 256,
    cores: 1,
    unprivileged: 1,
    features: 'nesting=1',
    rootfs: expect.stringContaining('size=2G'),
    net0: expect.stringMatching(/bridge=vmbr0.*ip=dhcp/),
  })
})

test('create tells of a hostname that another container has', async () => {
  await bench.container(155, { hostname: 'twin' })
  await bench.indexed('twin')
  const result = await bench.run([
    'template',
    'create',
    'alpine-3.20',
    '--vmid',
    '9055',
    '--hostname',
    'twin',
    '--json',
  ])
  expect(result).toMatchObject({ exitCode: 0 })
  expect(result.json()).toMatchObject({ warnings: [expect.stringMatching(/^Container 155 is named 'twin' too: /)] })
})

test('create --criu makes one whose clones can sleep with their memory', async () => {
  const words = ['alpine-3.20', '--vmid', '9004', '--disk', '1G', '--criu', '--convert']
  expect(await bench.run(['template', 'create', ...words])).toMatchObject({ exitCode: 0 })
  expect(await bench.run(['instance', 'clone', '9004', '--vmid', '330', '--start'])).toMatchObject({ exitCode: 0 })
  const { options } = await bench.client.containers.config({ vmid: 330, node })
  expect(options).toMatchObject({ tty: 0, console: 0 })
  expect([options['unprivileged'] ?? 0, options['features']]).toEqual([0, undefined])
  expect((await bench.run(['criu', 'status', '330', '--json'])).json()).toMatchObject({
    data: { containers: [{ vmid: 330, possible: true, blockers: [] }] },
  })
})

test('convert refuses a running container unless --stop says to shut it down', async () => {
  await bench.container(320)
  await bench.start(320)
  const refused = await bench.run(['template', 'convert', '320', '--json'])
  expect(refused).toMatchObject({ exitCode: 6 })
  expect(refused.json()).toMatchObject({
    error: { code: 'conflict', hint: expect.stringContaining('template convert 320 --stop') },
  })
  const converted = await bench.run(['template', 'convert', '320', '--stop', '--json'])
  expect(converted.json()).toMatchObject({ ok: true, data: { vmid: 320, changed: true } })
  expect((await bench.client.containers.config({ vmid: 320, node })).template).toBe(true)
  expect((await bench.run(['template', 'convert', '320', '--json'])).json()).toMatchObject({
    data: { changed: false },
  })
})

test('create --convert does both at once', async () => {
  const result = await bench.run(['template', 'create', '--vmid', '9003', '--disk', '1G', '--convert'], {
    env: { PVE_OSTEMPLATE: OS_TEMPLATE },
  })
  expect(result).toMatchObject({ exitCode: 0, stdout: '9003\n' })
  expect((await bench.client.containers.config({ vmid: 9003, node })).template).toBe(true)
})

test.each([
  [
    'an OS template that is not there, naming those that look alike',
    ['alpnie-3.20', '--vmid', '9100'],
    5,
    /no OS template 'alpnie-3\.20'[\s\S]*Did you mean alpine-3\.20/,
  ],
  [
    'a download that Proxmox does not offer',
    ['debain-13', '--download', '--vmid', '9100'],
    5,
    /Did you mean debian-13/,
  ],
  ['a taken VMID', ['alpine', '--vmid', '9000'], 6, /VMID 9000 is taken by/],
  [
    'a storage that does not exist',
    ['alpine', '--vmid', '9100', '--storage', 'nowhere'],
    5,
    /no storage 'nowhere'[\s\S]*local-lvm/,
  ],
  [
    'a node that does not exist',
    ['alpine', '--vmid', '9100', '--node', 'pve7'],
    5,
    /no node 'pve7'[\s\S]*pve1 \(online\)/,
  ],
])('create refuses %s, and makes nothing', async (_what, argv, exitCode, message) => {
  const before = await bench.vmids()
  expect(await bench.run(['template', 'create', ...argv])).toMatchObject({
    exitCode,
    stdout: '',
    stderr: expect.stringMatching(message),
  })
  expect(await bench.vmids()).toEqual(before)
})

test('replicate makes full copies that are templates and further clone sources', async () => {
  const result = await bench.run(['template', 'replicate', '9000', '--count', '2', '--json'])
  expect(result.json()).toMatchObject({ ok: true, data: { template: { vmid: 9000 }, replicas: [{ node }, { node }] } })
  const { replicas } = (result.json() as { data: { replicas: { vmid: number }[] } }).data
  for (const { vmid } of replicas) {
    const { template, tags } = await bench.client.containers.config({ vmid, node })
    expect({ template, tags }).toEqual({
      template: true,
      tags: [expect.stringMatching(/^cmux-r[0-9a-f]{12}$/), 'cmux-t9000'],
    })
  }
  const info = await bench.run(['template', 'info', '9000', '--json'])
  expect(info.json()).toMatchObject({ data: { replicas: replicas.map(({ vmid }) => ({ vmid, node })) } })

  await bench.client.containers.update({ vmid: 9000, node }, { set: { lock: 'disk' } })
  // The cluster tells of new templates when the node next reports, every 10 s of its time.
  await vi.waitFor(async () => {
    const resources = await bench.client.cluster.resources('vm')
    expect(resources.filter(({ template, tags }) => template && tags.includes('cmux-t9000'))).toHaveLength(2)
  }, 5000)
  const clone = await bench.run(['instance', 'clone', '9000', '--json'])
  const { vmid, source } = (clone.json() as { data: { vmid: number; source: { vmid: number } } }).data
  expect(replicas.map((replica) => replica.vmid)).toContain(source.vmid)
  expect((await bench.client.containers.config({ vmid, node })).tags).toEqual([])
})

test('a template with linked clones is not deleted where its storage needs it, and the clones are named', async () => {
  await bench.template(9010, { rootfs: 'local-zfs:1' })
  expect((await bench.run(['instance', 'clone', '9010', '--vmid', '300'])).exitCode).toBe(0)
  expect((await bench.run(['template', 'info', '9010', '--json'])).json()).toMatchObject({
    data: { linkedClones: [300], storages: [{ storage: 'local-zfs', capabilities: { linkedClones: true } }] },
  })
  const refused = await bench.run(['template', 'delete', '9010', '--yes', '--json'])
  expect(refused).toMatchObject({ exitCode: 6 })
  expect(refused.json()).toMatchObject({
    error: { code: 'in-use', message: expect.stringContaining('linked clones: 300') },
  })
  const forced = await bench.run(['template', 'delete', '9010', '--yes', '--force', '--json'])
  expect(forced.json()).toMatchObject({ ok: false, error: { message: expect.stringContaining('is still there') } })
  expect((await bench.run(['instance', 'delete', '300', '--yes'])).exitCode).toBe(0)
  expect(await bench.run(['template', 'delete', '9010', '--yes'])).toMatchObject({ exitCode: 0 })
})

test('a template that is being cloned is deleted when the clone is made, with the clone unharmed', async () => {
  const bench = await testBench({ faults: [{ on: 'step:vzclone.copy', do: 'delay', ms: 80_000 }], timeScale: 20 })
  await bench.template(9011)
  const clone = await bench.run(['instance', 'clone', '9011', '--full', '--vmid', '320', '--no-wait'])
  const remove = (...flags: string[]) => bench.run(['template', 'delete', '9011', '--yes', ...flags])
  const [deleted, atOnce, short] = await Promise.all([
    remove(),
    remove('--no-wait'),
    remove('--timeout', '300ms', '--json'),
  ])
  expect(deleted).toMatchObject({
    exitCode: 0,
    stderr: expect.stringContaining('Wait for container 9011 (ct9011) on node pve1, which somebody is cloning'),
  })
  expect(atOnce).toMatchObject({
    exitCode: 6,
    stderr: expect.stringMatching(/CT is locked \(disk\)[\s\S]*Hint: It is being cloned/),
  })
  expect(short).toMatchObject({ exitCode: 124 })
  expect(short.json()).toMatchObject({
    error: {
      message: 'Container 9011 on node pve1 was still locked (disk) after 0.3 s',
      hint: expect.stringMatching(/^It is being cloned: wait longer with --timeout\. /),
    },
  })
  await bench.client.tasks.wait(clone.stdout.trim() as never)
  expect(await bench.vmids()).toEqual([320])
})

test('a template that gets a linked clone while its deletion waits is kept, and the clone is named', async () => {
  const faults = [{ on: 'task:vzclone', do: 'delay', ms: 80_000 }]
  const bench = await testBench({ faults, timeScale: 20, storages: ['dir', 'zfspool'] })
  await bench.template(9012, { rootfs: 'local-zfs:1' })
  await bench.run(['instance', 'clone', '9012', '--vmid', '330', '--no-wait'])
  expect(await bench.run(['template', 'delete', '9012', '--yes'])).toMatchObject({
    exitCode: 6,
    stderr: expect.stringMatching(/Wait for container 9012 [\s\S]* has 1 linked clones: 330/),
  })
  expect(await bench.vmids()).toEqual([330, 9012])
})

test('delete refuses an ordinary container', async () => {
  expect(await bench.run(['template', 'delete', '310', '--yes'])).toMatchObject({
    exitCode: 6,
    stderr: expect.stringMatching(/is not a template[\s\S]*cmux-pve instance delete 310/),
  })
})

test.each([
  [
    ['create', OS_TEMPLATE, '--vmid', '9200', '--convert'],
    ['POST /nodes/pve1/lxc ', 'POST /nodes/pve1/lxc/9200/template'],
  ],
  [['convert', '310'], ['POST /nodes/pve1/lxc/310/template']],
  [['delete', '9002'], ['DELETE /nodes/pve1/lxc/9002']],
  [
    ['replicate', '9002'],
    ['POST /nodes/pve1/lxc/9002/clone', '/template'],
  ],
])('%j with --dry-run prints the calls and makes none', async (argv, calls) => {
  const before = await bench.vmids()
  const result = await bench.run(['template', ...argv, '--dry-run'])
  expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  for (const call of calls) expect(result.stdout).toContain(call)
  expect(await bench.vmids()).toEqual(before)
})

test('a storage that makes no templates is named, with those that do', async () => {
  const other = await testBench({ storages: ['dir', 'lvm'] })
  await other.container(9000, { rootfs: 'lvm:1' })
  const result = await other.run(['template', 'convert', '9000', '--json'])
  expect(result.json()).toMatchObject({
    ok: false,
    error: {
      code: 'unsupported',
      message: expect.stringMatching(/Template feature is not available for 'lvm:.*Container 9000 is no template/),
      hint: expect.stringContaining('lvmthin'),
    },
  })
})
