import { expect, test } from 'vitest'
import { toVmid } from '../../../../src/lib/pve/client.js'
import { AllocatorBench, type Daemon, isWrite } from '../../../support/allocator-bench.js'

/** A fill ends: a ready container that the daemon learns of. */
async function fill(bench: AllocatorBench, daemon: Daemon, vmid: number): Promise<void> {
  await bench.ready(vmid)
  await daemon.see(vmid)
  await bench.clock.advance(100)
}

/** Requests in the order of their names; the names of those who were answered, in that order. */
function queue(daemon: Daemon, names: readonly string[], served: string[] = []): string[] {
  for (const name of names) {
    const [client] = name.split('-')
    daemon.ask({ instanceId: name }, { client: client ?? '' }).then(
      () => served.push(name),
      (error) => served.push(`${name}: ${error.code}`),
    )
  }
  return served
}

test('those who wait are served in the order in which they came, and the controller is told that they wait', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon()
  const served = queue(daemon, ['a', 'b', 'c'])
  await bench.clock.advance(100)
  expect(daemon.allocator.waiting(toVmid(9000))).toBe(3)
  expect(daemon.woken).toBeGreaterThan(0)
  for (const vmid of [200, 201, 202]) await fill(bench, daemon, vmid)
  expect(served).toEqual(['a', 'b', 'c'])
  expect(daemon.allocator.waiting(toVmid(9000))).toBe(0)
})

test('a client that floods delays nobody but itself', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon('d1', { outlook: { room: 100 } })
  const served = queue(daemon, ['flood-1', 'flood-2', 'flood-3', 'flood-4', 'meek-1', 'mild-1', 'meek-2'])
  await bench.clock.advance(100)
  for (let vmid = 200; vmid < 207; vmid++) await fill(bench, daemon, vmid)
  expect(served).toEqual(['flood-1', 'meek-1', 'mild-1', 'flood-2', 'meek-2', 'flood-3', 'flood-4'])
})

test('whoever comes while others wait does not overtake them', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon()
  const served = queue(daemon, ['a', 'b'])
  await bench.clock.advance(100)
  await bench.ready(200)
  const seeing = daemon.records.look({ vmid: 200, node: 'pve1' })
  queue(daemon, ['c'], served)
  await bench.settled(seeing)
  await bench.clock.advance(100)
  expect(served).toEqual(['a'])
})

test('a container that was made for a waiter says so, and how long it waited', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon()
  const asked = daemon.ask({ instanceId: 'x' })
  await bench.clock.advance(3_000)
  await fill(bench, daemon, 200)
  expect(await asked).toMatchObject({ vmid: 200, fromPool: false, stages: { queue: expect.any(Number) } })
  expect((await asked).stages.queue).toBeGreaterThanOrEqual(3_000)
})

test('the deadline ends the waiting, with advice from the time that fills take', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon('d1', { outlook: { coming: 1, fillTime: 7_000 } })
  const began = bench.clock.now()
  await expect(daemon.allocate({ timeout: 5_000 })).rejects.toMatchObject({ code: 'timeout', data: { retryAfter: 14 } })
  expect(bench.clock.now() - began).toBe(5_000)
  expect(daemon.allocator.waiting(toVmid(9000))).toBe(0)
})

test('when the pool is full and nothing is on its way, nobody waits in vain', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon('d1', { outlook: { coming: 0, room: 0, fillTime: 4_000 } })
  const began = bench.clock.now()
  await expect(daemon.allocate()).rejects.toMatchObject({ code: 'exhausted', data: { retryAfter: 30 } })
  expect(bench.clock.now()).toBe(began)
})

test('a lease that ends in time is worth waiting for; one that ends too late tells when to come back', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon('d1', { outlook: { coming: 0, room: 0, fillTime: 4_000 } })
  await daemon.see(200)
  await daemon.allocate({ instanceId: 'tenant', ttlSeconds: 50 })
  await expect(daemon.allocate({ timeout: 20_000 })).rejects.toMatchObject({
    code: 'exhausted',
    data: { retryAfter: 54 },
  })
  await expect(daemon.allocate({ timeout: 60_000 })).rejects.toMatchObject({ code: 'timeout' })
})

test('those for whom nothing is on its way any more are told while they wait', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon('d1', { outlook: { coming: 2, room: 0 } })
  const served = queue(daemon, ['a', 'b'])
  await bench.clock.advance(1_500)
  expect(served).toEqual([])
  daemon.outlook = { ...daemon.outlook, coming: 1 }
  await bench.clock.advance(3_000)
  expect(served).toEqual(['b: exhausted'])
  daemon.outlook = { ...daemon.outlook, coming: 0, room: 5, breaker: 'open' }
  await bench.clock.advance(3_000)
  expect(served).toEqual(['b: exhausted', 'a: exhausted'])
})

test('a full line refuses the newcomer, or the last one of a client that has more places', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon('d1', { outlook: { room: 5_000 } })
  const served = queue(
    daemon,
    Array.from({ length: 1_000 }, (_, index) => `flood-${index}`),
  )
  await bench.clock.advance(100)
  expect(daemon.allocator.waiting(toVmid(9000))).toBe(1_000)
  queue(daemon, ['meek-1', 'flood-one-more'], served)
  await bench.clock.advance(100)
  expect(served.toSorted()).toEqual(['flood-999: exhausted', 'flood-one-more: exhausted'].toSorted())
  await fill(bench, daemon, 200)
  await fill(bench, daemon, 201)
  expect(served.slice(2)).toEqual(['flood-0', 'meek-1'])
})

test('who leaves the line is out of it, and takes no container with them', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon()
  const caller = new AbortController()
  const gone = daemon.ask({ instanceId: 'gone' }, { signal: caller.signal })
  const outcome = gone.catch((error) => error.message)
  const served = queue(daemon, ['b'])
  await bench.clock.advance(100)
  caller.abort(new Error('left'))
  expect(await outcome).toBe('left')
  expect(daemon.allocator.waiting(toVmid(9000))).toBe(1)
  await fill(bench, daemon, 200)
  expect(served).toEqual(['b'])
  expect(bench.holders()).toEqual({ b: [200] })
})

test('who leaves at the very moment of being served leaves the container to the next in line', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon()
  const caller = new AbortController()
  const gone = daemon.ask({ instanceId: 'gone' }, { signal: caller.signal })
  gone.catch(() => undefined)
  const served = queue(daemon, ['b'])
  await bench.clock.advance(100)
  await bench.ready(200)
  daemon.view.onChange(() => caller.abort(new Error('left')))
  await daemon.see(200)
  await bench.clock.advance(100)
  await daemon.settled()
  expect(served).toEqual(['b'])
  expect(bench.holders()).toEqual({ b: [200] })
})

test('who leaves while the claim is written leaves nothing claimed', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  const caller = new AbortController()
  daemon.network = (request) => {
    if (isWrite(request) && !caller.signal.aborted) caller.abort(new Error('left'))
    return undefined
  }
  await expect(daemon.allocate({ instanceId: 'x' }, { signal: caller.signal })).rejects.toThrow('left')
  await daemon.settled()
  expect(bench.holders()).toEqual({})
  expect(daemon.recycled.map(({ vmid }) => vmid)).toEqual([200])
})

test('who leaves during the start leaves nothing claimed', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  const caller = new AbortController()
  const asked = daemon.ask({ instanceId: 'x', start: true }, { signal: caller.signal })
  const outcome = asked.catch((error) => error.message)
  await bench.clock.advance(400)
  expect(bench.state(200)).toBe('claimed by x')
  caller.abort(new Error('left'))
  expect(await bench.settled(outcome)).toBe('left')
  await daemon.settled()
  expect(bench.holders()).toEqual({})
  expect(bench.state(200)).toBe('releasing')
})

test('a deadline that passes during the start gives the container back', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  await expect(daemon.allocate({ instanceId: 'x', start: true, timeout: 500 })).rejects.toMatchObject({
    code: 'timeout',
  })
  await daemon.settled()
  expect(bench.state(200)).toBe('releasing')
})

test('a deadline is kept while a call to Proxmox hangs, and what that call brings is given up', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  daemon.network = (request, pass) =>
    request.path.includes('/200/status/current') ? bench.clock.sleep(20_000).then(pass) : undefined
  const began = bench.clock.now()
  await expect(daemon.allocate({ instanceId: 'x', timeout: 2_000 })).rejects.toMatchObject({ code: 'timeout' })
  expect(bench.clock.now() - began).toBe(2_000)
  expect(bench.state(200)).toBe('claimed by x')
  await daemon.settled()
  expect(bench.state(200)).toBe('releasing')
})

test('who was late although others are ready is told to come back at once', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const daemon = bench.daemon('d1', { outlook: { coming: 0, room: 0 } })
  await daemon.see(200, 201)
  daemon.network = ({ path }) => (path.endsWith('/status/current') ? new Promise(() => {}) : undefined)
  await expect(daemon.allocate({ timeout: 2_000 })).rejects.toMatchObject({ code: 'timeout', data: { retryAfter: 1 } })
})

test('a draining pool refuses, those who wait too; afterwards it hands out again', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon()
  const served = queue(daemon, ['a'])
  await bench.clock.advance(100)
  daemon.allocator.drain()
  await bench.clock.advance(100)
  expect(served).toEqual(['a: draining'])
  await bench.ready(200)
  await daemon.see(200)
  await expect(daemon.allocate()).rejects.toMatchObject({ code: 'draining' })
  daemon.allocator.undrain()
  expect((await daemon.allocate()).vmid).toBe(200)
})

test('one template can drain alone', async () => {
  const other = toVmid(9010)
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  await bench.ready(201, { template: other })
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  daemon.allocator.drain(other)
  await expect(daemon.allocate({ template: other })).rejects.toMatchObject({ code: 'draining' })
  expect((await daemon.allocate()).vmid).toBe(200)
})

test('a template that the pool does not have is not found', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon('d1', { settings: { templates: new Map() } })
  await expect(daemon.allocate()).rejects.toMatchObject({ code: 'not-found' })
})

test('when the pool closes everybody who waits is told', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon()
  const served = queue(daemon, ['a'])
  await bench.clock.advance(100)
  daemon.close()
  await bench.clock.advance(100)
  expect(served).toEqual(['a: draining'])
})
