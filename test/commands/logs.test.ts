import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestBench, type TestBench } from '../support/test-bench.js'

let bench: TestBench
beforeAll(async () => {
  bench = await openTestBench()
  await bench.container(101)
  await bench.start(101)
  await bench.container(102)
  await bench.run([
    'instance',
    'exec',
    '101',
    '--',
    'sh',
    '-c',
    'seq 1 200 > /var/log/messages; seq 1 3 > /root/app.log',
  ])
})
afterAll(() => bench.close())

test('the last lines of the log come on standard output', async () => {
  const result = await bench.run(['instance', 'logs', '101', '--lines', '2'])
  expect(result).toMatchObject({ exitCode: 0, stdout: '199\n200\n' })
})

test('a file can be named, and --json gives its lines', async () => {
  const result = await bench.run(['instance', 'logs', 'ct101', '--file', '/root/app.log', '--json'])
  expect(result.json()).toMatchObject({ ok: true, data: { vmid: 101, lines: ['1', '2', '3'] } })
})

test.each([
  ['nosuch', 5],
  ['102', 6],
])('of container %s, which has none to show, it ends with %i as other commands do', async (reference, exitCode) => {
  expect(await bench.run(['instance', 'logs', reference])).toMatchObject({ exitCode, stdout: '' })
})

test('--follow goes on until interrupted, and gives an object for each line with --json', async () => {
  const signal = { name: 'SIGINT', after: /"3"/, of: 'stdout' } as const
  const argv = ['instance', 'logs', '101', '-f', '--file', '/root/app.log', '--json']
  const result = await bench.run(argv, { signal })
  expect(result).toMatchObject({ exitCode: 130, stderr: '' })
  expect(
    result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).data.line),
  ).toEqual(['1', '2', '3'])
})

test('a file that is not there is told as tail tells it', async () => {
  const result = await bench.run(['instance', 'logs', '101', '--file', '/none'])
  expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('/none') })
})
