import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../../src/lib/clock.js'
import { pctShell } from '../../../../src/lib/executor/container-shell.js'
import { type NodeShells, nodeShells } from '../../../../src/lib/executor/open-node-shell.js'
import { ExecutorGuests } from '../../../../src/lib/pool/allocate/executor-guests.js'
import type { LogEntry } from '../../../../src/lib/pool/context.js'
import { openPool, type RunningPool } from '../../../../src/lib/pool/open-pool.js'
import type { AllocateRequest } from '../../../../src/lib/pool/pool.js'
import { toVmid } from '../../../../src/lib/pve/client.js'
import { loadSettings } from '../../../../src/lib/settings/load.js'
import { openTestBench, type TestBench } from '../../../support/test-bench.js'

const TEMPLATE = toVmid(9000)

let bench: TestBench
let shells: NodeShells
let guests: ExecutorGuests
let pool: RunningPool
const log: LogEntry[] = []
const stop = new AbortController()
let running: Promise<void>

beforeAll(async () => {
  bench = await openTestBench({ storages: ['dir', 'btrfs'], timeScale: 1, latency: 'instant' })
  await bench.template(9000, { rootfs: 'local-btrfs:1' })
  const settings = loadSettings({ environment: { ...bench.simulator.environmentVariables, PVE_EXEC_MODE: 'pve-ssh' } })
  shells = nodeShells(bench.client, settings)
  guests = new ExecutorGuests((node) => shells.open(node))
  pool = await openPool({
    client: bench.client,
    settings: {
      name: 'inside',
      defaults: { min: 1, target: 2, max: 8, hot: 1, release: 'rollback', probe: { kind: 'command', argv: ['true'] } },
      templates: new Map([
        [9000, { min: 1, target: 2, max: 8, hot: 1, release: 'rollback', probe: { kind: 'command', argv: ['true'] } }],
      ]),
      interval: 500,
      vmids: { start: 200, end: 299 },
      hostnamePrefix: 'pool-',
      cloneRetries: { attempts: 3, delay: 100, jitter: 50 },
    },
    clock: systemClock,
    random: Math.random,
    owner: 'inside-1',
    guests,
    onLog: (entry) => log.push(entry),
  })
  running = pool.run(stop.signal)
}, 60_000)

afterAll(async () => {
  stop.abort()
  await running
  await pool.close()
  await shells.close()
  await bench.close()
})

const allocate = (request: Partial<AllocateRequest>) =>
  pool.allocate(
    { template: TEMPLATE, start: true, timeout: 30_000, ...request },
    { requestId: 'r', client: 'c', signal: new AbortController().signal },
  )

async function inside(vmid: number, ...argv: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await pctShell(await shells.open(bench.node), vmid).run(argv)
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`)
  return stdout.trim()
}

test('files, environment and a start command are inside when the answer comes, whatever they hold', async () => {
  const text = 'line one\nit\'s $HOME `id` "quoted"\n'
  const { vmid, stages } = await allocate({
    instanceId: 'injected',
    files: [
      { path: '/srv/data/input.txt', content: Buffer.from(text), mode: 0o600 },
      { path: '/srv/data/empty', content: new Uint8Array() },
    ],
    environment: { GREETING: "it's $5; rm -rf /", EMPTY: '' },
    command: ['sh', '-c', 'echo "$GREETING" >/srv/data/greeted; cat /srv/data/input.txt >>/srv/data/greeted'],
  })
  expect(await inside(vmid, 'cat', '/srv/data/input.txt')).toBe(text.trim())
  expect(await inside(vmid, 'stat', '-c', '%a %s', '/srv/data/input.txt')).toBe(`600 ${Buffer.byteLength(text)}`)
  expect(await inside(vmid, 'stat', '-c', '%a %s', '/srv/data/empty')).toBe('644 0')
  await expect.poll(() => inside(vmid, 'cat', '/srv/data/greeted')).toBe(`it's $5; rm -rf /\n${text.trim()}`)
  expect(stages.inject).toBeGreaterThan(0)
  const { vmid: again } = await allocate({ instanceId: 'injected' })
  expect(again).toBe(vmid)
}, 40_000)

test('a start command that is not there is logged with its instance, and the container is handed out', async () => {
  const told = (instanceId: string) => log.filter((entry) => entry['instanceId'] === instanceId)
  const { vmid } = await allocate({ instanceId: 'mistyped', command: ['/opt/no-such-program', '--secret'] })
  expect(told('mistyped')).toMatchObject([
    { level: 'warn', vmid, reqId: 'r', message: expect.stringContaining(`not found in container ${vmid}`) },
  ])
  expect(JSON.stringify(log)).not.toContain('--secret')
  await expect.poll(() => inside(vmid, 'cat', '/var/log/cmux-pve-command.log')).toContain('no-such-program')
  await allocate({
    instanceId: 'typed',
    environment: { PATH: '/opt/mine:/bin:/usr/bin' },
    command: ['mine'],
    files: [{ path: '/opt/mine/mine', content: Buffer.from('#!/bin/sh\ntouch /opt/mine/ran\n'), mode: 0o755 }],
  })
  expect(told('typed')).toEqual([])
}, 40_000)

test('a hot container knows its new name', async () => {
  await expect.poll(() => pool.status().templates[0]?.hot, { timeout: 20_000 }).toBeGreaterThan(0)
  const { vmid, tier } = await allocate({ instanceId: 'renamed' })
  expect(tier).toBe('hot')
  expect(await inside(vmid, 'hostname')).toBe('renamed')
}, 40_000)

test('what cannot be put inside costs that container its place, and nobody gets it', async () => {
  await expect(
    allocate({ instanceId: 'refused', files: [{ path: '/etc/passwd/below', content: Buffer.from('x') }] }),
  ).rejects.toMatchObject({ code: 'failed', message: expect.stringContaining('/etc/passwd/below') })
  await expect
    .poll(() => pool.list().filter(({ state }) => state === 'quarantined').length, { timeout: 20_000 })
    .toBe(3)
  expect(pool.list().some(({ instanceId }) => instanceId === 'refused')).toBe(false)
  for (const { vmid } of pool.list().filter(({ state }) => state === 'quarantined')) await pool.remove(vmid)
}, 60_000)

test('environment, files and a command need a container that runs, and a way into it', async () => {
  await expect(allocate({ start: false, command: ['true'] })).rejects.toMatchObject({ code: 'invalid' })
  await expect(allocate({ environment: { 'A-B': 'x' } })).rejects.toMatchObject({ code: 'invalid' })
  await expect(allocate({ files: [{ path: 'relative', content: Buffer.from('') }] })).rejects.toMatchObject({
    code: 'invalid',
  })
})

test('a port that is open connects, one that is not does not', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  expect(await guests.connects('127.0.0.1', port, 1_000)).toBe(true)
  await new Promise((resolve) => server.close(resolve))
  expect(await guests.connects('127.0.0.1', port, 1_000)).toBe(false)
})
