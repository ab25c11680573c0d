import { expect, test } from 'vitest'
import { directShell, pctShell } from '../../../src/lib/executor/container-shell.js'
import type { Executor, RunOptions } from '../../../src/lib/executor/executor.js'

test('on a node, pct runs the words in the container as they are, without the environment of the node', async () => {
  const calls: (readonly string[])[] = []
  let closed = 0
  const executor: Executor = {
    target: 'root@pve1:22',
    async run(argv: readonly string[], options?: RunOptions) {
      calls.push(argv)
      return { exitCode: 3, stdout: String(options?.stdin), stderr: '' }
    },
    async close() {
      closed++
    },
  }
  const shell = pctShell(executor, 9000)
  expect(await shell.run(['sh', '-c', 'echo "$1"', 'sh', '--'], { stdin: 'in' })).toMatchObject({
    exitCode: 3,
    stdout: 'in',
  })
  expect(calls).toEqual([['pct', 'exec', '9000', '--keep-env', '0', '--', 'sh', '-c', 'echo "$1"', 'sh', '--']])
  await shell.close()
  expect(closed).toBe(1)
})

test('in the container itself, the environment is made the same, also for a command whose name looks like a variable', async () => {
  const calls: (readonly string[])[] = []
  const executor: Executor = {
    target: 'root@10.0.0.5:22',
    async run(argv: readonly string[]) {
      calls.push(argv)
      return { exitCode: 0, stdout: '', stderr: '' }
    },
    async close() {},
  }
  const clean = [
    'env',
    '-i',
    'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'container=lxc',
    'TERM=linux',
  ]
  const shell = directShell(executor)
  await shell.run(['ls', 'a=b'])
  await shell.run(['a=b', 'c'])
  expect(calls).toEqual([
    [...clean, 'ls', 'a=b'],
    [...clean, 'sh', '-c', 'exec "$@"', 'sh', 'a=b', 'c'],
  ])
})
