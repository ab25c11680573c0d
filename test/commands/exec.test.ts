import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { cmux } from '../support/cli.js'
import { OS_TEMPLATE, openTestBench, STORAGE, type TestBench, testBench } from '../support/test-bench.js'

let bench: TestBench
beforeAll(async () => {
  bench = await openTestBench()
  await bench.container(101)
  await bench.start(101)
  await bench.container(102)
})
afterAll(() => bench.close())

test('runs a command with its arguments as they are, and passes output and exit code on', async () => {
  const result = await bench.run([
    'instance',
    'exec',
    'ct101',
    '--',
    'sh',
    '-c',
    'echo "$1"; echo err >&2; exit 3',
    '-',
    `a 'b' $HOME --json`,
  ])
  expect(result).toMatchObject({ exitCode: 3, stdout: `a 'b' $HOME --json\n`, stderr: 'err\n' })
})

test('words that look like options of ours belong to the command after --', async () => {
  const result = await bench.run(['instance', 'exec', '101', '--', 'echo', '--json', '-n', '--', '--help'])
  expect(result).toMatchObject({ exitCode: 0, stdout: '--json -n -- --help\n' })
})

test('standard input is passed on', async () => {
  expect(await bench.run(['instance', 'exec', '101', '--', 'cat'], { input: 'a\nb' })).toMatchObject({
    exitCode: 0,
    stdout: 'a\nb',
  })
})

test('--json collects the output into one object, and keeps the exit code', async () => {
  const result = await bench.run(['instance', 'exec', '101', '--json', '--', 'sh', '-c', 'echo out; exit 4'])
  expect(result).toMatchObject({ exitCode: 4, stderr: '' })
  expect(result.json()).toMatchObject({ ok: true, data: { vmid: 101, exitCode: 4, stdout: 'out\n', stderr: '' } })
})

test('a command that does not exist ends with 127, as in a shell', async () => {
  expect((await bench.run(['instance', 'exec', '101', '--', 'no-such-command'])).exitCode).toBe(127)
})

test('the environment is clean: nothing of the node, and /usr/local/bin in PATH', async () => {
  const { stdout } = await bench.run(['instance', 'exec', '101', '--', 'env'])
  expect(stdout).toContain('PATH=/usr/local/sbin:/usr/local/bin:')
  expect(stdout).not.toContain('SSH_')
})

test.each([
  ['a container that does not run', ['102', '--', 'true'], {}, /is not running[\s\S]*instance start 102/],
  ['a container that does not exist', ['999', '--', 'true'], {}, /999/],
  [
    'a node that cannot be reached',
    ['101', '--', 'true'],
    { PVE_SSH_HOST: 'root@127.0.0.1:1' },
    /Cannot connect to root@127\.0\.0\.1:1 by SSH/,
  ],
  [
    'a host key that is not the pinned one',
    ['101', '--', 'true'],
    { PVE_SSH_HOST_FINGERPRINT: `SHA256:${'A'.repeat(43)}` },
    /host key/,
  ],
])('%s: exit code 125, because the command never ran', async (_what, argv, env, message) => {
  const result = await bench.run(['instance', 'exec', ...argv], { env })
  expect(result).toMatchObject({ exitCode: 125, stdout: '', stderr: expect.stringMatching(message) })
})

test('a command line without a command is a mistake in usage', async () => {
  expect((await bench.run(['instance', 'exec', '101'])).exitCode).toBe(2)
})

test.each([
  ['-- ls', 'No container is named: it stands before `--`'],
  ['-- ls -la', 'No container is named: it stands before `--`'],
  ['--tty -- ls', 'No container is named: it stands before `--`'],
  ['web ls -la', 'Nonexistent flag: -la; what belongs to the command follows `--`'],
])('that `--` is missing, or what stands before it, is said: %s', async (line, message) => {
  const { exitCode, stderr } = await cmux(['instance', 'exec', ...line.split(' ')])
  expect(stderr).toContain(`Error: ${message}`)
  expect(stderr).toContain('`cmux-pve instance exec web -- ls -la`')
  expect(exitCode).toBe(2)
})

test('--timeout ends also a command that ignores being asked to', async () => {
  const argv = ['instance', 'exec', '101', '--timeout', '300ms', '--', 'sh', '-c', "trap '' TERM; sleep 4321"]
  expect(await bench.run(argv)).toMatchObject({ exitCode: 124 })
  const left = () => bench.run(['instance', 'exec', '101', '--', 'pgrep', '-f', 'sleep 432[1]'])
  await expect.poll(left, { timeout: 10_000 }).toMatchObject({ exitCode: 1, stdout: '' })
})

test('--timeout ends the command with 124', async () => {
  const result = await bench.run(['instance', 'exec', '101', '--timeout', '300ms', '--', 'sleep', '1000'])
  expect(result).toMatchObject({ exitCode: 124, stderr: expect.stringContaining('did not end within 0.3 s') })
})

test.each([
  ['--timeout', 124, 'timeout'],
  ['Ctrl-C', 130, 'interrupted'],
] as const)('--json keeps what was written before %s', async (how, exitCode, code) => {
  const limit = how === '--timeout' ? ['--timeout', '500ms'] : []
  const mark = `/tmp/written-before-${code}`
  const script = `echo out; echo err >&2; touch ${mark}; sleep 1000`
  const written = () =>
    expect.poll(async () => (await bench.run(['instance', 'exec', '101', '--', 'rm', mark])).exitCode).toBe(0)
  const result = await bench.run(['instance', 'exec', '101', '--json', ...limit, '--', 'sh', '-c', script], {
    ...(how === 'Ctrl-C' && { signal: { name: 'SIGINT', after: written } }),
  })
  expect(result).toMatchObject({ exitCode, stderr: '' })
  expect(result.json()).toMatchObject({ ok: false, error: { code }, data: { stdout: 'out\n', stderr: 'err\n' } })
})

test('Ctrl-C ends the command in the container and exits 130', async () => {
  const result = await bench.run(['instance', 'exec', '101', '--', 'sh', '-c', 'echo started >&2; sleep 1000'], {
    signal: { name: 'SIGINT', after: /started/ },
  })
  expect(result.exitCode).toBe(130)
  expect((await bench.run(['instance', 'exec', '101', '--', 'ps'])).stdout).not.toContain('sleep 1000')
})

test('a container on another node of the cluster is reached there', async () => {
  const { client, run } = await testBench({ nodes: ['pve1', 'pve2'], latency: 'instant' })
  const ct = { vmid: 200, node: 'pve2' }
  const options = { rootfs: `${STORAGE}:1` }
  await client.tasks.wait(
    await client.containers.create('pve2', { vmid: 200, ostemplate: OS_TEMPLATE, hostname: 'far', options }),
  )
  await client.tasks.wait(await client.containers.start(ct))
  expect(await run(['instance', 'exec', 'far', '--', 'hostname'])).toMatchObject({ exitCode: 0, stdout: 'far\n' })
})

test('a shell asks for a terminal', async () => {
  expect(await bench.run(['instance', 'shell', '101'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('needs a terminal'),
  })
})

test('--mode local takes no other way', async () => {
  const result = await bench.run(['instance', 'exec', '101', '--mode', 'local', '--', 'true'])
  expect(result).toMatchObject({
    exitCode: 125,
    stdout: '',
    stderr: expect.stringMatching(/cannot be reached from here without SSH: this machine is .*Hint: .*--mode auto/s),
  })
})

test('--accept-new-host-key trusts a node that known_hosts does not hold, says so, and remembers it', async () => {
  const knownHosts = join(mkdtempSync(join(tmpdir(), 'cmux-known-')), 'known_hosts')
  onTestFinished(() => rmSync(dirname(knownHosts), { recursive: true }))
  const env = { PVE_SSH_HOST_FINGERPRINT: '', PVE_SSH_KNOWN_HOSTS: knownHosts }
  const argv = (...flags: readonly string[]) => ['instance', 'exec', '101', ...flags, '--', 'echo', 'there']
  expect(await bench.run(argv(), { env })).toMatchObject({
    exitCode: 125,
    stderr: expect.stringContaining('not known'),
  })
  expect(await bench.run(argv('--accept-new-host-key'), { env })).toMatchObject({
    exitCode: 0,
    stdout: 'there\n',
    stderr: expect.stringMatching(
      /^Warning: Trusted the host key SHA256:\S+ of root@127\.0\.0\.1:\d+, now in .*known_hosts\n$/,
    ),
  })
  expect(await bench.run(argv(), { env })).toMatchObject({ exitCode: 0, stdout: 'there\n', stderr: '' })
})
