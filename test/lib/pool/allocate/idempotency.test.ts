import { expect, test } from 'vitest'
import { toVmid } from '../../../../src/lib/pve/client.js'
import { AllocatorBench, isWrite, TIMED_OUT } from '../../../support/allocator-bench.js'

test('an instance gets the same container again, without another write', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  const first = await daemon.allocate({ instanceId: 'x' })
  daemon.requests.length = 0
  const again = await daemon.allocate({ instanceId: 'x' })
  expect({ ...again, stages: {} }).toEqual({ ...first, stages: {} })
  expect(daemon.requests.filter((request) => !request.startsWith('GET'))).toEqual([])
})

test('many requests for one instance at the same moment get one container', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201, 202]) await bench.ready(vmid)
  const daemon = bench.daemon()
  await daemon.see(200, 201, 202)
  const answers = await bench.settled(Promise.all(Array.from({ length: 20 }, () => daemon.ask({ instanceId: 'x' }))))
  expect(new Set(answers.map(({ vmid }) => vmid)).size).toBe(1)
  expect(Object.keys(bench.holders())).toEqual(['x'])
})

test('a daemon that was started later gives the same answer', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const before = bench.daemon()
  await before.see(200, 201)
  const first = await before.allocate({ instanceId: 'x' })
  before.close()
  const after = bench.daemon()
  await after.see(200, 201)
  expect((await after.allocate({ instanceId: 'x' })).vmid).toBe(first.vmid)
  expect(bench.holders()).toEqual({ x: [first.vmid] })
})

test('a container that a daemon claimed before it died is started and handed out by the next one', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const dying = bench.daemon()
  await dying.see(200)
  dying.network = ({ method }) => (method === 'POST' ? new Promise(() => {}) : undefined)
  dying.ask({ instanceId: 'x', start: true }).catch(() => undefined)
  await bench.clock.advance(1_000)
  const next = bench.daemon()
  await next.see(200)
  const { vmid, status } = await next.allocate({ instanceId: 'x', start: true })
  expect({ vmid, status }).toEqual({ vmid: 200, status: 'running' })
  expect(bench.engine.guests.running.has(200)).toBe(true)
})

test('a container of another template is a conflict, known or not', async () => {
  const other = toVmid(9010)
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  await bench.ready(201, { template: other })
  const [one, two] = [bench.daemon(), bench.daemon()]
  await one.see(200, 201)
  await two.see(200, 201)
  await one.allocate({ instanceId: 'x' })
  await expect(one.allocate({ instanceId: 'x', template: other })).rejects.toMatchObject({ code: 'conflict' })
  // The second daemon has not seen yet that the instance holds one.
  await expect(two.allocate({ instanceId: 'x', template: other })).rejects.toMatchObject({ code: 'conflict' })
  await two.settled()
  expect(bench.holders()).toEqual({ x: [200] })
})

test('while the container of an instance cannot be read, the instance gets no second one', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  const { vmid } = await daemon.allocate({ instanceId: 'x' })
  daemon.network = ({ path }) => (path.includes(`/lxc/${vmid}/`) ? Promise.resolve(TIMED_OUT) : undefined)
  await expect(daemon.allocate({ instanceId: 'x' })).rejects.toMatchObject({ code: 'unavailable' })
  expect(bench.holders()).toEqual({ x: [vmid] })
})

test('two daemons asked for one instance at the same moment meet at the same container', async () => {
  for (const instanceId of ['x', 'y', 'z']) {
    const bench = await AllocatorBench.open()
    for (const vmid of [200, 201, 202]) await bench.ready(vmid)
    const [one, two] = [bench.daemon(), bench.daemon()]
    await one.see(200, 201, 202)
    await two.see(202, 201, 200)
    one.network = two.network = ({ path }) => (path.includes('/cluster/resources') ? listOfTemplate() : undefined)
    const answers = await bench.settled(Promise.all([one.ask({ instanceId }), two.ask({ instanceId })]))
    expect(answers[0].vmid).toBe(answers[1].vmid)
    expect(bench.holders()).toEqual({ [instanceId]: [answers[0].vmid] })
  }
})

test.each([
  ['before either of them has looked around', 0],
  ['one a moment after the other', 7],
])('two daemons that know different containers give one of them to an instance (%s)', async (_, delay) => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const [one, two] = [bench.daemon(), bench.daemon()]
  await one.see(200)
  await two.see(201)
  const second = bench.clock.sleep(delay).then(() => two.ask({ instanceId: 'x' }))
  const answers = await bench.settled(Promise.all([one.ask({ instanceId: 'x' }), second]))
  await one.settled()
  await two.settled()
  expect(answers[0].vmid).toBe(answers[1].vmid)
  expect(bench.holders()).toEqual({ x: [answers[0].vmid] })
})

test('a claim whose caller left is not taken away from a retry that another daemon has answered with it', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  await bench.ready(200)
  const [one, two] = [bench.daemon(), bench.daemon()]
  await one.see(200)
  const caller = new AbortController()
  const left = one.ask({ instanceId: 'x', start: true }, { signal: caller.signal })
  left.catch(() => undefined)
  await bench.clock.advance(300)
  await two.see(200)
  const answer = await two.allocate({ instanceId: 'x' })
  caller.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  await one.settled()
  expect(answer.vmid).toBe(200)
  expect(bench.holders()).toEqual({ x: [200] })
})

test('an adoption that comes after the claim was given up is none', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  await bench.ready(200)
  const [one, two] = [bench.daemon(), bench.daemon()]
  await one.see(200)
  const caller = new AbortController()
  const left = one.ask({ instanceId: 'x', start: true }, { signal: caller.signal })
  left.catch(() => undefined)
  await bench.clock.advance(300)
  await two.see(200)
  // The second daemon's write waits while the first one gives the claim up.
  let first = true
  two.network = (request, pass) => {
    if (!isWrite(request) || !first) return undefined
    first = false
    return bench.clock.sleep(20_000).then(pass)
  }
  const late = two.ask({ instanceId: 'x', timeout: 25_000 })
  const outcome = late.catch((error) => error.code)
  await bench.clock.advance(20)
  caller.abort(new Error('left'))
  await expect(left).rejects.toThrow('left')
  await one.settled()
  expect(bench.state(200)).toBe('releasing')
  expect(await bench.settled(outcome)).toBe('timeout')
  expect(bench.state(200)).toBe('releasing')
})

test('an instance whose lease has ended gets a fresh container, and the old one is taken back', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  await daemon.allocate({ instanceId: 'x', ttlSeconds: 30 })
  await bench.ready(201)
  await daemon.see(201)
  await bench.clock.advance(29_000)
  expect((await daemon.allocate({ instanceId: 'x' })).vmid).toBe(200)
  await bench.clock.advance(1_000)
  const began = bench.clock.now()
  expect((await daemon.allocate({ instanceId: 'x' })).vmid).toBe(201)
  // Other daemons may still take the lease for running.
  expect(bench.clock.now() - began).toBeGreaterThanOrEqual(2_000)
  expect(bench.state(200)).toBe('releasing')
  expect(bench.holders()).toEqual({ x: [201] })
})

test('while somebody has locked the container of an instance, a retry at another daemon waits for it', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const [one, two] = [bench.daemon(), bench.daemon()]
  await one.see(200, 201)
  const { vmid } = await one.allocate({ instanceId: 'x' })
  await two.see(200, 201)
  await bench.engine.data('PUT', `/nodes/pve1/lxc/${vmid}/config`, { lock: 'backup' })
  const retry = two.ask({ instanceId: 'x' })
  await bench.clock.advance(5_000)
  bench.engine.cluster.configs.write(vmid, 'pve1', withoutLock(bench, vmid))
  expect((await bench.settled(retry)).vmid).toBe(vmid)
  expect(bench.holders()).toEqual({ x: [vmid] })
})

function withoutLock(bench: AllocatorBench, vmid: number) {
  const config = bench.engine.cluster.configs.load(vmid, 'pve1')
  const { lock: _lock, ...options } = config.options
  return { ...config, options }
}

/** The cluster's list, in which no look around finds anything. */
const listOfTemplate = async () => ({
  status: 200,
  reason: 'OK',
  headers: {},
  body: JSON.stringify({ data: [{ id: 'lxc/9000', type: 'lxc', vmid: 9000, node: 'pve1', template: 1 }] }),
})
