import { expect, test } from 'vitest'
import { isCmuxError } from '../../../../src/lib/errors.js'
import type { Allocation } from '../../../../src/lib/pool/pool.js'
import { toVmid } from '../../../../src/lib/pve/client.js'
import { AllocatorBench, TEMPLATE } from '../../../support/allocator-bench.js'
import { MemoryWatch } from '../../../support/memory-watch.js'

const READY = 200
const CALLERS = 2_000
const MIB = 1024 * 1024

test('of 2,000 callers at once and 200 ready containers, 200 get one and the others an honest refusal', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  const vmids = Array.from({ length: READY }, (_, index) => 200 + index)
  for (const vmid of vmids) await bench.ready(vmid)
  const daemon = bench.daemon('d1', { outlook: { coming: 0, room: 0, fillTime: 5_000 } })
  await daemon.see(...vmids)
  const inFlight = { write: 0, list: 0 }
  const most = { write: 0, list: 0 }
  daemon.network = ({ method, path }, pass) => {
    const kind = method !== 'GET' ? 'write' : path.includes('/cluster/resources') ? 'list' : undefined
    if (kind === undefined) return undefined
    most[kind] = Math.max(most[kind], ++inFlight[kind])
    return pass().finally(() => {
      inFlight[kind]--
    })
  }
  daemon.requests.length = 0
  const memory = new MemoryWatch(100 * MIB)
  const watch = daemon.view.onChange(() => memory.look())
  const answers = Promise.all(
    Array.from({ length: CALLERS }, (_, index) =>
      daemon
        .ask({ instanceId: `vm-${index}`, timeout: 120_000 }, { client: `client-${index % 7}` })
        .catch((error: unknown) => error),
    ),
  )
  const outcomes = await bench.settled(answers)
  watch()
  const allocations = outcomes.filter((outcome): outcome is Allocation => !(outcome instanceof Error))
  const refusals = outcomes.filter((outcome) => outcome instanceof Error)

  expect(allocations).toHaveLength(READY)
  expect(new Set(allocations.map(({ vmid }) => vmid)).size).toBe(READY)
  expect(refusals).toHaveLength(CALLERS - READY)
  for (const refusal of refusals) {
    if (!isCmuxError(refusal, 'exhausted')) throw refusal
    expect(refusal.data).toEqual({ retryAfter: expect.any(Number) })
  }
  const holders = bench.holders()
  for (const { vmid, instanceId } of allocations) expect(holders[instanceId]).toEqual([vmid])
  expect(Object.keys(holders)).toHaveLength(READY)

  expect(daemon.allocator.waiting(TEMPLATE)).toBe(0)
  expect(most).toEqual({ write: 3, list: 1 })
  expect(daemon.requests.filter((request) => request.startsWith('PUT'))).toHaveLength(READY)
  expect(daemon.requests.filter((request) => request.includes('/status/current'))).toHaveLength(READY)
  expect(memory.growth).toBeLessThan(100 * MIB)
}, 60_000)

test('those who wait when fills are on their way cost no requests, and are served as they come', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon('d1', { outlook: { coming: 0, room: 900, fillTime: 1_000 } })
  let served = 0
  for (let index = 0; index < 900; index++) {
    daemon.ask({ instanceId: `vm-${index}`, timeout: 60_000 }).then(
      () => served++,
      () => undefined,
    )
  }
  await bench.clock.advance(10_000)
  expect(daemon.requests).toEqual([])
  expect(daemon.allocator.waiting(TEMPLATE)).toBe(900)
  for (let vmid = 200; vmid < 210; vmid++) {
    await bench.ready(vmid)
    await daemon.see(vmid)
  }
  await bench.clock.advance(1_000)
  expect(served).toBe(10)
  expect(daemon.view.find(toVmid(205))?.record.claim?.instanceId).toMatch(/^vm-\d$/)
  await bench.clock.advance(60_000)
  expect(daemon.allocator.waiting(TEMPLATE)).toBe(0)
}, 60_000)
