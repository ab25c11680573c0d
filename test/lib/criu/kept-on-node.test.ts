import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { keptOnNode } from '../../../src/lib/criu/kept-on-node.js'
import type { Executor } from '../../../src/lib/executor/executor.js'
import { isWayGiven } from '../../../src/lib/executor/open-node-shell.js'
import { loadSettings } from '../../../src/lib/settings/load.js'

const settings = (environment: Readonly<Record<string, string>>) => loadSettings({ environment, cwd: '/' })

test('a node is looked at unasked only where a setting leads to its shell, or this machine has its name', () => {
  const url = { PVE_API_URL: 'https://pve.example:8006' }
  expect(isWayGiven(settings(url), 'pve1')).toBe(false)
  for (const way of [{ PVE_SSH_HOST: 'pve' }, { PVE_SSH_KEY: '/key' }, { PVE_EXEC_MODE: 'local' }]) {
    expect(isWayGiven(settings({ ...url, ...way }), 'pve1')).toBe(true)
  }
  expect(isWayGiven(settings(url), hostname().split('.')[0] ?? '')).toBe(true)
})

test('a node that does not answer in time is not waited for', async () => {
  const waits: number[] = []
  let givenUp = false
  const silent: Executor = {
    target: 'pve1',
    run: (_argv, { signal } = {}) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          givenUp = true
          reject(signal.reason)
        })
        if (signal?.aborted === true) reject(signal.reason)
      }),
    close: () => Promise.resolve(),
  }
  const context = {
    clock: {
      now: () => 0,
      sleep: (ms: number) => {
        waits.push(ms)
        return new Promise<void>((resolve) => setImmediate(resolve))
      },
    },
    nodeShell: () => Promise.resolve(silent),
  }
  expect(await keptOnNode(context, { vmid: 101, node: 'pve1' })).toEqual([])
  expect([waits, givenUp]).toEqual([[5000], true])
})
