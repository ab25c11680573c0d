import { expect, test } from 'vitest'
import { OS_TEMPLATE, type TestBench, testBench } from '../support/test-bench.js'

/** One call that changes something, and how to see what it has done. */
interface Change {
  readonly call: string
  readonly argv: readonly string[]
  readonly prepare: (bench: TestBench) => Promise<void>
  /** True once the change is made, and made once. */
  readonly isDone: (bench: TestBench) => Promise<boolean>
}

const node = 'pve1'
const statusOf = async ({ client }: TestBench, vmid: number) => (await client.containers.status({ vmid, node })).status
const running = async (bench: TestBench) => {
  await bench.container(101)
  await bench.start(101)
}

const CHANGES: readonly Change[] = [
  {
    call: 'POST /nodes/pve1/lxc/9000/clone',
    argv: ['instance', 'clone', '9000'],
    prepare: (bench) => bench.template(9000),
    isDone: async (bench) => (await bench.vmids()).length === 2,
  },
  {
    call: 'POST /nodes/pve1/lxc/101/status/start',
    argv: ['instance', 'start', '101'],
    prepare: (bench) => bench.container(101),
    isDone: async (bench) => (await statusOf(bench, 101)) === 'running',
  },
  {
    call: 'POST /nodes/pve1/lxc/101/status/shutdown',
    argv: ['instance', 'stop', '101'],
    prepare: running,
    isDone: async (bench) => (await statusOf(bench, 101)) === 'stopped',
  },
  {
    call: 'POST /nodes/pve1/lxc/101/status/stop',
    argv: ['instance', 'stop', '101', '--force'],
    prepare: running,
    isDone: async (bench) => (await statusOf(bench, 101)) === 'stopped',
  },
  {
    call: 'POST /nodes/pve1/lxc/101/status/reboot',
    argv: ['instance', 'restart', '101'],
    prepare: running,
    isDone: async (bench) => (await statusOf(bench, 101)) === 'running',
  },
  {
    call: 'DELETE /nodes/pve1/lxc/101',
    argv: ['instance', 'delete', '101', '--yes'],
    prepare: (bench) => bench.container(101),
    isDone: async (bench) => (await bench.vmids()).length === 0,
  },
  {
    call: 'PUT /nodes/pve1/lxc/101/config',
    argv: ['instance', 'resize', '101', '--memory', '1G'],
    prepare: (bench) => bench.container(101),
    isDone: async ({ client }) => (await client.containers.config({ vmid: 101, node })).options['memory'] === 1024,
  },
  {
    call: 'PUT /nodes/pve1/lxc/101/resize',
    argv: ['instance', 'resize', '101', '--disk', '3G'],
    prepare: (bench) => bench.container(101),
    isDone: async ({ client }) =>
      String((await client.containers.config({ vmid: 101, node })).options['rootfs']).endsWith('size=3G'),
  },
  {
    call: 'POST /nodes/pve1/lxc',
    argv: ['template', 'create', OS_TEMPLATE, '--disk', '1G'],
    prepare: async () => {},
    isDone: async (bench) => (await bench.vmids()).join() === '9000',
  },
  {
    call: 'POST /nodes/pve1/lxc/9000/template',
    argv: ['template', 'convert', '9000'],
    prepare: (bench) => bench.container(9000),
    isDone: async ({ client }) => (await client.containers.config({ vmid: 9000, node })).template,
  },
  {
    call: 'POST /nodes/pve1/aplinfo',
    argv: ['template', 'create', 'debian-13-standard', '--download', '--disk', '1G'],
    prepare: async () => {},
    isDone: async (bench) => (await bench.vmids()).join() === '9000',
  },
]

test.each(
  CHANGES.flatMap((change) => [
    { ...change, fate: 'its answer was lost', deed: { do: 'drop-answer' } },
    { ...change, fate: 'it was answered with 596 and done all the same', deed: { do: '596-late', ms: 2000 } },
  ]),
)('$call is made once, and the command ends well, when $fate', async ({ call, argv, prepare, isDone, deed }) => {
  const bench = await testBench({ faults: [{ on: call, ...deed }] })
  await prepare(bench)
  const result = await bench.run([...argv, '--json'])
  expect(result.json()).toMatchObject({ ok: true })
  expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  expect(await isDone(bench)).toBe(true)
  expect(bench.simulator.cluster.faults.unused).toEqual([])
})

/** A worker killed at a point: what the error must say, because it is so. */
const KILLED = [
  [
    'instance clone',
    'step:vzclone.copy',
    /unfinished clone, container 100, .* locked \(create\)/,
    /`pct unlock 100` .* `pct unlock 9000`/,
  ],
  ['instance start', 'task:vzstart', /Container 101 is stopped now/, /./],
  ['instance stop 101', 'step:vzshutdown.*', /Container 101 is running now/, /./],
  ['instance stop 101 --force', 'task:vzstop', /Container 101 is running now/, /./],
  ['instance restart', 'task:vzreboot', /Container 101 is running now/, /./],
  ['instance delete', 'step:vzdestroy.*', /Container 101 \(ct101\) on node pve1 is still there/, /delete it again/],
  [
    'instance delete 101',
    'step:vzdestroy.volumes',
    /is still there, .*locked \(destroyed\)/,
    /`pct unlock 101`.*delete it again/,
  ],
  ['instance resize 101 --disk', 'task:resize', /Its disks are now rootfs 1 GiB/, /./],
  [
    'template create local',
    'step:vzcreate.extract',
    /unfinished container 9000 .* locked \(create\)/,
    /`pct unlock 9000`.* instance delete 9000/,
  ],
  ['template convert', 'task:vztemplate', /Container 9000 is no template/, /./],
  ['template create debian', 'task:download', /killed/, /./],
] as const

test.each(KILLED)('%s tells what is left when the worker is killed at %s', async (command, point, message, hint) => {
  const change = CHANGES.find(({ argv }) => argv.join(' ').startsWith(command))
  const bench = await testBench({ faults: [{ on: point, do: 'kill-worker' }] })
  await change?.prepare(bench)
  const result = await bench.run([...(change?.argv ?? []), '--json'])
  expect(result.json()).toMatchObject({
    ok: false,
    error: { code: 'task-failed', message: expect.stringMatching(message), hint: expect.stringMatching(hint) },
  })
  expect(result).toMatchObject({ exitCode: 1, stderr: '' })
  expect(bench.simulator.cluster.faults.unused).toEqual([])
})
