import { expect, test } from 'vitest'
import { Faults } from '../../../../src/lib/simulator/faults.js'
import { AllocatorBench } from '../../../support/allocator-bench.js'

test('a container is answered when it runs', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  const { vmid, status, stages } = await daemon.allocate({ instanceId: 'x', start: true })
  expect({ vmid, status }).toEqual({ vmid: 200, status: 'running' })
  expect(bench.engine.guests.running.get(200)?.hostname).toBe('x')
  expect(stages.start).toBeGreaterThan(stages.claim)
})

test('allocate with a start takes at most 1.3 times a start alone', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  await bench.ready(200)
  await bench.ready(201)
  const daemon = bench.daemon()
  await daemon.see(201)
  const before = bench.clock.now()
  await bench.engine.task('POST', '/nodes/pve1/lxc/200/status/start')
  const bare = bench.clock.now() - before
  const began = bench.clock.now()
  await daemon.allocate({ instanceId: 'x', start: true })
  expect(bench.clock.now() - began).toBeLessThanOrEqual(1.3 * bare)
})

test('a hot container is taken first when a start is asked for, and costs no start', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  for (const vmid of [200, 201, 203]) await bench.ready(vmid)
  await bench.ready(202, { tier: 'hot' })
  const daemon = bench.daemon()
  await daemon.see(200, 201, 202, 203)
  daemon.requests.length = 0
  const { vmid, tier, status } = await daemon.allocate({ start: true })
  expect({ vmid, tier, status }).toEqual({ vmid: 202, tier: 'hot', status: 'running' })
  expect(daemon.requests).toHaveLength(2)
})

test('where no start is asked for, a stopped container is taken first, and a hot one rather than none', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200, { tier: 'hot' })
  await bench.ready(201)
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  expect(await daemon.allocate()).toMatchObject({ vmid: 201, status: 'stopped' })
  expect(await daemon.allocate()).toMatchObject({ vmid: 200, status: 'running' })
})

test('a container that does not start is quarantined with the reason, and the caller gets the next', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  const { vmid: first } = await daemon.allocate({ instanceId: 'probe' })
  const other = first === 200 ? 201 : 200
  bench.engine.guests.broken.set(other, 'no such device')
  await bench.ready(202)
  await daemon.see(202)
  const answers = [await daemon.allocate({ instanceId: 'x', start: true })]
  if (answers[0]?.vmid !== 202) throw new Error('the broken one was handed out')
  await expect(daemon.allocate({ instanceId: 'y', start: true, timeout: 5_000 })).rejects.toMatchObject({
    code: 'timeout',
  })
  await daemon.settled()
  expect(bench.state(other)).toBe('quarantined')
  expect(bench.record(other)?.reason).toContain('failed')
})

test('a container that its instance has, and that does not start again, is named to it, and stays its own', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  const { vmid } = await daemon.allocate({ instanceId: 'x' })
  bench.engine.guests.broken.set(vmid, 'no such device')
  await expect(daemon.allocate({ instanceId: 'x', start: true })).rejects.toMatchObject({
    code: 'task-failed',
    message: expect.stringContaining(`container ${vmid}, which instance x has, did not start: `),
    hint: expect.stringContaining('`cmux-pve pool release x`'),
  })
  await daemon.settled()
  expect(bench.holders()).toEqual({ x: [vmid] })
})

test('when nothing starts, not the whole pool is quarantined', async () => {
  const bench = await AllocatorBench.open()
  const vmids = [200, 201, 202, 203, 204, 205]
  for (const vmid of vmids) {
    await bench.ready(vmid)
    bench.engine.guests.broken.set(vmid, 'no such bridge')
  }
  const daemon = bench.daemon()
  await daemon.see(...vmids)
  await expect(daemon.allocate({ start: true })).rejects.toMatchObject({ code: 'task-failed' })
  await daemon.settled()
  expect(vmids.filter((vmid) => bench.state(vmid) === 'quarantined')).toHaveLength(3)
})

test('a start that fails once, as right after a stop, is tried again', async () => {
  const bench = await AllocatorBench.open({
    faults: Faults.parse([{ on: 'task:vzstart', do: 'fail', message: 'still tearing down' }]),
  })
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  expect(await daemon.allocate({ start: true })).toMatchObject({ vmid: 200, status: 'running' })
  expect(bench.engine.cluster.faults.applied).toHaveLength(1)
})

test('a container of an instance that it has stopped is started again by a retry, and is never replaced', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  const { vmid } = await daemon.allocate({ instanceId: 'x', start: true })
  await bench.engine.task('POST', `/nodes/pve1/lxc/${vmid}/status/stop`)
  expect(await daemon.allocate({ instanceId: 'x', start: true })).toMatchObject({ vmid, status: 'running' })
  await bench.engine.task('POST', `/nodes/pve1/lxc/${vmid}/status/stop`)
  bench.engine.guests.broken.set(vmid, 'no such device')
  await expect(daemon.allocate({ instanceId: 'x', start: true })).rejects.toMatchObject({ code: 'task-failed' })
  expect(bench.holders()).toEqual({ x: [vmid] })
})

test('a container that its instance has, and that takes long to start, is named at the deadline, and answered later', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  await daemon.allocate({ instanceId: 'x' })
  await expect(daemon.allocate({ instanceId: 'x', start: true, timeout: 300 })).rejects.toMatchObject({
    code: 'timeout',
    message: 'container 200, which instance x has, was not ready within 0.3 s',
    data: { retryAfter: 5 },
  })
  expect(await daemon.allocate({ instanceId: 'x', start: true })).toMatchObject({ vmid: 200, status: 'running' })
})

test('a container that hangs in its start keeps its lock: its instance gets another one at once when it asks again', async () => {
  const faults = Faults.parse([{ on: 'step:vzstart.*', where: { vmid: 200 }, do: 'delay', ms: 120_000 }])
  const bench = await AllocatorBench.open({ faults })
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  const ask = () => daemon.allocate({ instanceId: 'x', start: true, timeout: 2_000 })
  await expect(ask()).rejects.toMatchObject({ code: 'timeout' })
  await bench.ready(201)
  await daemon.see(201)
  daemon.requests.length = 0
  expect(await ask()).toMatchObject({ vmid: 201, status: 'running' })
  expect(daemon.requests.filter((request) => request === 'PUT /nodes/pve1/lxc/201/config')).toHaveLength(1)
  expect([bench.state(200), bench.state(201)]).toEqual(['claimed by x', 'claimed by x'])
  await daemon.settled()
  expect([bench.state(200), bench.state(201)]).toEqual(['releasing', 'claimed by x'])
})

test('a container that its instance has, and of which nothing is heard, is named at the deadline', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  await daemon.allocate({ instanceId: 'x' })
  daemon.network = ({ path }) => (path.includes('/200/status/current') ? new Promise(() => {}) : undefined)
  await expect(daemon.allocate({ instanceId: 'x', timeout: 2_000 })).rejects.toMatchObject({
    code: 'timeout',
    message: 'container 200, which instance x has, was not ready within 2 s',
  })
})

test('a token that may not start is told so, and no container is quarantined', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  daemon.network = ({ method }) =>
    method === 'POST'
      ? Promise.resolve({
          status: 403,
          reason: 'Permission check failed (/vms/200, VM.PowerMgmt)',
          headers: {},
          body: '',
        })
      : undefined
  await expect(daemon.allocate({ start: true })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/lacks VM\./),
  })
  await daemon.settled()
  expect(bench.state(200)).toBe('releasing')
})
