import { expect, test } from 'vitest'
import { AllocatorBench, isWrite, lost, TIMED_OUT } from '../../../support/allocator-bench.js'

test('a ready container costs one write and one read, and once a second a look at its node at the same time', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  daemon.requests.length = 0
  const { vmid, hostname, instanceId, fromPool, status } = await daemon.allocate()
  expect(daemon.requests).toEqual([
    'PUT /nodes/pve1/lxc/200/config',
    'GET /nodes/pve1/lxc/200/status/current',
    'GET /nodes/pve1/status',
  ])
  expect({ vmid, fromPool, status }).toEqual({ vmid: 200, fromPool: true, status: 'stopped' })
  expect(hostname).toBe(instanceId)
  expect(instanceId).toMatch(/^pvelxc-[0-9a-f]{8}$/)
  expect(bench.holders()).toEqual({ [instanceId]: [200] })
  expect(bench.engine.options(200)?.['hostname']).toBe(instanceId)

  await bench.ready(201)
  await daemon.see(201)
  daemon.requests.length = 0
  expect((await daemon.allocate()).vmid).toBe(201)
  expect(daemon.requests).toEqual(['PUT /nodes/pve1/lxc/201/config', 'GET /nodes/pve1/lxc/201/status/current'])
})

test('it takes at most two and a half times as long as the write alone, whether or not the caller names the instance', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  for (const vmid of [200, 201, 202]) await bench.ready(vmid)
  const daemon = bench.daemon()
  await daemon.see(201, 202)
  const began = bench.clock.now()
  await bench.engine.data('PUT', '/nodes/pve1/lxc/200/config', { description: 'bare' })
  const bare = bench.clock.now() - began
  for (const request of [{}, { instanceId: 'named' }]) {
    const start = bench.clock.now()
    await daemon.allocate(request)
    expect(bench.clock.now() - start).toBeLessThanOrEqual(2.5 * bare)
  }
})

test('while the list hangs that would show what else an instance holds, it gets nothing; who names no instance is not concerned', async () => {
  const bench = await AllocatorBench.open({ latency: 'realistic' })
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  daemon.network = ({ path }) => (path.includes('/cluster/resources') ? new Promise(() => {}) : undefined)
  await expect(daemon.allocate({ instanceId: 'named', timeout: 2_000 })).rejects.toMatchObject({ code: 'timeout' })
  await daemon.settled()
  expect(bench.holders()).toEqual({})
  await bench.ready(201)
  await daemon.see(201)
  expect((await daemon.allocate({})).vmid).toBe(201)
})

test('an instance whose container cannot be read gets no second one', async () => {
  const bench = await AllocatorBench.open()
  for (const vmid of [200, 201]) await bench.ready(vmid)
  const [one, two] = [bench.daemon(), bench.daemon()]
  await one.see(200)
  await two.see(201)
  expect((await one.allocate({ instanceId: 'x' })).vmid).toBe(200)
  two.network = ({ path }) => (path.includes('/lxc/200/') ? Promise.resolve(NO_ROUTE) : undefined)
  await expect(two.allocate({ instanceId: 'x' })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('whether instance x holds a container already could not be found out'),
  })
  await two.settled()
  expect(bench.holders()).toEqual({ x: [200] })
})

const NO_ROUTE = { status: 595, reason: 'No route to host', headers: {}, body: '' }

test('two daemons that know the same ready container do not both get it', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  await bench.ready(201)
  const [one, two] = [bench.daemon(), bench.daemon()]
  await one.see(200, 201)
  await two.see(200, 201)
  const answers = await bench.settled(
    Promise.all([
      one.ask({ instanceId: 'a' }),
      two.ask({ instanceId: 'b' }),
      one.ask({ instanceId: 'c', timeout: 500 }).catch((error) => error.code),
    ]),
  )
  const vmids = answers.slice(0, 2).map((answer) => answer.vmid)
  expect(vmids.toSorted()).toEqual([200, 201])
  expect(answers[2]).toBe('timeout')
})

test('a container that somebody else changed is left alone, and the next one is taken', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  const other = bench.daemon()
  await other.see(200)
  await other.allocate({ instanceId: 'other' })
  await bench.ready(201)
  await daemon.see(201)
  daemon.network = () => undefined
  for (const instanceId of ['x1', 'x2']) {
    const outcome = await daemon.allocate({ instanceId, timeout: 2_000 }).catch((error) => error.code)
    expect(outcome === 'timeout' || outcome.vmid === 201).toBe(true)
  }
  expect(bench.state(200)).toBe('claimed by other')
})

test('nothing is ever written without the digest of what was read', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  const known = daemon.view.find(200)
  if (known === undefined) throw new Error('unseen')
  daemon.view.learn({ ...known, digest: '' })
  daemon.requests.length = 0
  await expect(daemon.allocate()).rejects.toMatchObject({ code: 'internal' })
  expect(daemon.requests).toEqual([])
})

test('a stopped container that somebody has started since is recycled, not handed out', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  await bench.engine.task('POST', '/nodes/pve1/lxc/200/status/start')
  await expect(daemon.allocate({ timeout: 2_000 })).rejects.toMatchObject({ code: 'timeout' })
  await daemon.settled()
  expect(bench.state(200)).toBe('releasing')
  expect(daemon.recycled.map(({ vmid }) => vmid)).toEqual([200])
})

test('a hot container that has stopped or was started anew since is recycled, not handed out', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200, { tier: 'hot' })
  await bench.ready(201, { tier: 'hot' })
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  await bench.clock.advance(120_000)
  bench.engine.guests.exit(200)
  bench.engine.guests.exit(201)
  await bench.clock.advance(5_000)
  await bench.engine.task('POST', '/nodes/pve1/lxc/201/status/start')
  await expect(daemon.allocate({ start: true, timeout: 2_000 })).rejects.toMatchObject({ code: 'timeout' })
  await daemon.settled()
  expect([bench.state(200), bench.state(201)]).toEqual(['releasing', 'releasing'])
})

test('a claim that the cluster has forgotten is not answered', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  // Confirmed, and lost in a power cut.
  daemon.network = (request) =>
    isWrite(request) ? Promise.resolve({ status: 200, reason: 'OK', headers: {}, body: '{"data":null}' }) : undefined
  await expect(daemon.allocate({ instanceId: 'x', timeout: 2_000 })).rejects.toMatchObject({ code: 'timeout' })
  expect(bench.state(200)).toBe('ready')
})

test('a write that is carried out long after its answer was given up cannot take a second container', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200, { owner: 'd1' })
  await bench.ready(201, { owner: 'd1' })
  const daemon = bench.daemon('d1')
  await daemon.see(200, 201)
  let late: (() => Promise<unknown>) | undefined
  daemon.network = (request, pass) => {
    if (!isWrite(request) || late !== undefined) return undefined
    late = pass
    return Promise.resolve(TIMED_OUT)
  }
  const { vmid } = await daemon.allocate({ instanceId: 'x' })
  await daemon.settled()
  await bench.settled(late?.() ?? Promise.resolve())
  expect(bench.holders()).toEqual({ x: [vmid] })
  const other = vmid === 200 ? 201 : 200
  expect(bench.state(other)).toBe('ready')
})

test('a write that was carried out although its answer got lost is given back when another one was handed out', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  await bench.ready(201)
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  let first = true
  daemon.network = (request, pass) => {
    if (!isWrite(request) || !first) return undefined
    first = false
    // Its answer takes longer than anybody waits.
    return pass().then((answer) => bench.clock.sleep(40_000).then(() => answer))
  }
  const { vmid } = await daemon.allocate({ instanceId: 'x' })
  await bench.clock.advance(60_000)
  await daemon.settled()
  expect(bench.holders()).toEqual({ x: [vmid] })
  expect(bench.state(vmid === 200 ? 201 : 200)).toBe('releasing')
})

test('a lost answer to a write that was carried out is found out, and the container is handed out', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  let first = true
  daemon.network = (request, pass) => {
    if (!isWrite(request) || !first) return undefined
    first = false
    return pass().then(() => Promise.reject(lost()))
  }
  expect((await daemon.allocate({ instanceId: 'x' })).vmid).toBe(200)
  expect(bench.holders()).toEqual({ x: [200] })
})

test('a locked container is not waited for', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  await bench.ready(201)
  const daemon = bench.daemon()
  await daemon.see(200, 201)
  await bench.engine.data('PUT', '/nodes/pve1/lxc/200/config', { lock: 'backup' })
  const { vmid } = await daemon.allocate({ instanceId: 'x' })
  expect(vmid).toBe(201)
})

test('a token that may not write is told so, and no container is blamed', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  daemon.network = (request) =>
    isWrite(request)
      ? Promise.resolve({
          status: 403,
          reason: 'Permission check failed (/vms/200, VM.Config.Options)',
          headers: {},
          body: '',
        })
      : undefined
  await expect(daemon.allocate()).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/lacks VM\./),
  })
  expect(bench.state(200)).toBe('ready')
})

test('a container that became ready before its node booted is not handed out: the cluster may have forgotten who had it', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  await bench.clock.advance(60_000)
  bench.engine.cluster.powerCut(bench.engine.node, 0, 100)
  await bench.clock.advance(10_000)
  await expect(daemon.allocate({ timeout: 2_000 })).rejects.toMatchObject({ code: 'timeout' })
  await daemon.settled()
  expect(bench.state(200)).toBe('releasing')
})

test('a token that may not see when a node booted can still claim', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  daemon.network = ({ path }) =>
    path.endsWith('/nodes/pve1/status')
      ? Promise.resolve({
          status: 403,
          reason: 'Permission check failed (/nodes/pve1, Sys.Audit)',
          headers: {},
          body: '',
        })
      : undefined
  expect((await daemon.allocate()).vmid).toBe(200)
})

test.each(['\u0001', '>', '-'])(
  'metadata of %j that would not fit as it is written is refused before anything is asked',
  async (character) => {
    const bench = await AllocatorBench.open()
    await bench.ready(200)
    const daemon = bench.daemon()
    await daemon.see(200)
    daemon.requests.length = 0
    const metadata = Object.fromEntries(['a', 'b', 'c', 'd'].map((key) => [key, character.repeat(510)]))
    await expect(daemon.allocate({ metadata })).rejects.toMatchObject({
      code: 'invalid',
      hint: expect.stringContaining('base64'),
    })
    expect(daemon.requests).toEqual([])
    const plain = Object.fromEntries(['a', 'b', 'c', 'd'].map((key) => [key, 'x'.repeat(510)]))
    expect((await daemon.allocate({ metadata: plain })).vmid).toBe(200)
  },
)

test('a claim that was given up, and stands again as a power cut took that back, is given up again; one that was answered stays', async () => {
  const bench = await AllocatorBench.open()
  const daemon = bench.daemon()
  await bench.ready(201)
  await daemon.see(201)
  await daemon.allocate({ instanceId: 'y' })
  await bench.ready(200)
  await daemon.see(200)
  await bench.engine.task('POST', '/nodes/pve1/lxc/200/status/start')
  await expect(daemon.allocate({ instanceId: 'x', timeout: 2_000 })).rejects.toMatchObject({ code: 'timeout' })
  await daemon.settled()
  const states = () => [200, 201].map((vmid) => bench.state(vmid))
  expect(states()).toEqual(['releasing', 'claimed by y'])
  bench.engine.cluster.powerCut(bench.engine.node, 1)
  expect(states()).toEqual(['claimed by x', 'claimed by y'])
  await daemon.see(200, 201)
  await daemon.settled()
  expect(states()).toEqual(['releasing', 'claimed by y'])
})
