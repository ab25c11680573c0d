import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliOptions, cmux } from '../support/cli.js'
import { openTestBench, type TestBench } from '../support/test-bench.js'

const FAULTS = [{ on: 'exec:setsid env CMUX_PVE_STEP=two.*', do: 'fail', code: 9, message: 'E: no luck' }]
const RECIPE = `name: small
environment: {COLOUR: green}
steps:
  - {name: one, title: The first, run: 'echo "$COLOUR" >> /root/one'}
  - {name: two, title: The second, run: 'echo 2 >> /root/two', check: 'test -e /root/two'}
validate:
  - {name: files, run: 'cat /root/one /root/two'}
`
const SLOW = `name: slow
steps:
  - {name: wait, run: 'setsid sleep 100000 & echo begun; sleep 100000'}
`

let bench: TestBench
let home: string
beforeAll(async () => {
  bench = await openTestBench({ timeScale: 100, faults: FAULTS })
  home = mkdtempSync(join(tmpdir(), 'cmux-home-'))
  writeFileSync(join(home, 'small.yaml'), RECIPE)
  writeFileSync(join(home, 'slow.yaml'), SLOW)
  for (const vmid of [101, 102, 103]) await bench.container(vmid)
})
afterAll(async () => {
  await bench.close()
  rmSync(home, { recursive: true })
})

const run = (words: readonly string[], options: CliOptions = {}) =>
  bench.run(words, { ...options, cwd: home, env: { HOME: home, ...options.env } })
const configure = (...words: readonly string[]) => run(['template', 'configure', ...words])
const inside = async (vmid: string, script: string) =>
  (await run(['instance', 'exec', vmid, '--', 'sh', '-c', script])).stdout
const status = async (vmid: number) => (await bench.client.containers.status({ vmid, node: bench.node })).status

test('the steps of the built-in recipe are listed without a node', async () => {
  const listed = await cmux(['template', 'configure', '--list-steps'])
  expect(listed).toMatchObject({ exitCode: 0, stderr: '' })
  expect(listed.stdout).toMatch(/^STEP +WHAT +CHECK.*\nbase-packages +Base packages +yes +20 min +1 +no\n/)
  const json = await cmux(['template', 'configure', '--list-steps', '--from', 'criu', '--json'])
  expect(json.json()).toMatchObject({
    ok: true,
    data: { recipe: 'cmux', steps: [{ name: 'criu', optional: true, check: true }, {}, {}] },
  })
})

test('mistakes in the command line and in a recipe are told before anything is done', async () => {
  expect(await configure()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Which container?') })
  expect(await configure('101', '--from', 'bum')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("Did you mean 'bun'?"),
  })
  expect(await configure('101', '--recipe', 'nothing.yaml')).toMatchObject({ exitCode: 5 })
  writeFileSync(join(home, 'bad.yaml'), 'name: bad\nsteps:\n  - {name: one, run: x, timeout: 1}\n')
  expect(await configure('101', '--recipe', 'bad.yaml')).toMatchObject({
    exitCode: 1,
    stderr: "Error: bad.yaml: line 3: step 'one', timeout: It is a text\n",
  })
  expect(await status(101)).toBe('stopped')
})

test('a dry run prints the steps and the calls, and does nothing', async () => {
  expect(await configure('101', '--recipe', 'small.yaml', '--dry-run')).toEqual({
    exitCode: 0,
    stdout: `STEP one (The first)
STEP two (The second), unless its check succeeds
POST /nodes/pve1/lxc/101/status/start
POST /nodes/pve1/lxc/101/status/shutdown timeout=60
`,
    stderr: '',
    json: expect.anything(),
  })
  const { json } = await configure('101', '--recipe', 'small.yaml', '--only', 'two', '--dry-run', '--json')
  expect(json()).toMatchObject({ data: { dryRun: true, plan: [{ name: 'two' }], calls: [{}, {}] } })
  expect(await status(101)).toBe('stopped')
})

test('a failed step shows the end of its output and how to resume; resuming as printed works', async () => {
  await bench.start(101)
  const failed = await configure('101', '--recipe', 'small.yaml')
  expect(failed).toMatchObject({ exitCode: 1, stdout: '' })
  expect(failed.stderr).toMatch(
    /\[1\/2\] The first: done in \d.*\n\[2\/2\] The second\n\[2\/2\] The second: FAILED.*\n {2}\| E: no luck\n/,
  )
  expect(failed.stderr).toContain("Error: Step 'two' (The second) failed in container 101 (ct101) on node pve1")
  const [, command = ''] = /Resume with `cmux-pve (.*?)`/.exec(failed.stderr) ?? []
  expect(command).toBe('template configure 101 --recipe small.yaml --from two')
  const [, log = ''] = /All output is in (\S+\.log)/.exec(failed.stderr) ?? []
  expect(log.startsWith(join(home, '.local/state/cmux-pve'))).toBe(true)
  expect(readFileSync(log, 'utf8')).toContain('E: no luck')
  expect(statSync(log).mode & 0o777).toBe(0o600)

  const resumed = await run([...command.split(' '), '--validate', '--json'])
  expect(resumed).toMatchObject({ exitCode: 0, stderr: '' })
  expect(resumed.json()).toMatchObject({
    ok: true,
    data: {
      ...{ vmid: 101, name: 'ct101', node: 'pve1', recipe: 'small', changed: true },
      steps: [{ name: 'two', result: 'done' }],
      validation: [{ name: 'files', ok: true }],
    },
  })
  expect(await inside('101', 'cat /root/one /root/two; ls -A /tmp')).toBe('green\n2\n')
})

test('a second run changes nothing and says so', async () => {
  const again = await configure('101', '--recipe', 'small.yaml')
  expect(again).toMatchObject({ exitCode: 0, stdout: '' })
  expect(again.stderr).toContain('[1/2] The first: done already\n[2/2] The second: done already\n')
  expect(again.stderr).toContain('Container 101 (ct101) on node pve1 is configured: nothing had to be done\n')
})

test('Ctrl-C ends the step in the container with all that it has started, says how to resume, and shuts down what was stopped', async () => {
  const signal = { name: 'SIGINT', after: /\[1\/1\]/ } as const
  const stopped = await run(['template', 'configure', '102', '--recipe', 'slow.yaml'], { signal })
  expect(stopped).toMatchObject({ exitCode: 130, stdout: '' })
  expect(stopped.stderr).toContain("Interrupted in step 'wait', which was ended in container 102 (ct102) on node pve1")
  expect(stopped.stderr).toContain('Resume with `cmux-pve template configure 102 --recipe slow.yaml --from wait`')
  await expect.poll(() => status(102)).toBe('stopped')

  await bench.start(103)
  expect(await run(['template', 'configure', '103', '--recipe', 'slow.yaml'], { signal })).toMatchObject({
    exitCode: 130,
  })
  expect(await status(103)).toBe('running')
  expect(await inside('103', 'ps; ls -A /tmp')).not.toMatch(/sleep|cmux/)
})

test('a killed tool leaves no step behind either', async () => {
  const signal = { name: 'SIGKILL', after: /\[1\/1\]/ } as const
  expect(await run(['template', 'configure', '103', '--recipe', 'slow.yaml'], { signal })).toMatchObject({
    exitCode: null,
  })
  await expect.poll(() => inside('103', 'ps; ls -A /tmp'), { timeout: 10_000 }).not.toMatch(/sleep|cmux/)
})

test('convert asks for the checks of the recipe first, and what fails them stays a container', async () => {
  const checks = ['--validate', '--recipe', 'small.yaml', '--stop', '--json']
  const refused = await run(['template', 'convert', '103', ...checks])
  expect(refused).toMatchObject({ exitCode: 1 })
  expect(refused.json()).toMatchObject({
    error: { message: expect.stringContaining('is not what recipe small promises: files') },
  })
  expect((await bench.client.containers.config({ vmid: 103, node: bench.node })).template).toBe(false)
  const converted = await run(['template', 'convert', '101', ...checks])
  expect(converted.json()).toMatchObject({
    data: { vmid: 101, changed: true, validation: [{ name: 'files', ok: true }] },
  })
  expect(await configure('101')).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining('is a template already'),
  })
})
