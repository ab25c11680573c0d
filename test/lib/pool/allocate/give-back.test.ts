import { expect, test } from 'vitest'
import { toVmid } from '../../../../src/lib/pve/client.js'
import { AllocatorBench, isWrite, lost } from '../../../support/allocator-bench.js'

const VMID = toVmid(200)

async function claimed() {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  const daemon = bench.daemon()
  await daemon.see(200)
  await daemon.allocate({ instanceId: 'x', ttlSeconds: 60 })
  return { bench, daemon }
}

test('a release is answered when it is written, and handed to the controller', async () => {
  const { bench, daemon } = await claimed()
  expect(await bench.settled(daemon.allocator.release(VMID))).toEqual({
    vmid: 200,
    node: 'pve1',
    instanceId: 'x',
    already: false,
  })
  expect(bench.state(200)).toBe('releasing')
  await daemon.settled()
  expect(daemon.recycled.map(({ record }) => record.state)).toEqual(['releasing'])
})

test('a second release is no error and changes nothing', async () => {
  const { bench, daemon } = await claimed()
  await bench.settled(daemon.allocator.release(VMID))
  const generation = bench.record(200)?.generation
  expect(await bench.settled(daemon.allocator.release(VMID))).toMatchObject({ already: true })
  expect(bench.record(200)?.generation).toBe(generation)
})

test('only its own instance can release it, if one is named', async () => {
  const { bench, daemon } = await claimed()
  await expect(bench.settled(daemon.allocator.release(VMID, { instanceId: 'y' }))).rejects.toMatchObject({
    code: 'conflict',
  })
  await expect(bench.settled(daemon.allocator.remove(VMID, { instanceId: 'y' }))).rejects.toMatchObject({
    code: 'conflict',
  })
  expect(bench.state(200)).toBe('claimed by x')
  expect(await bench.settled(daemon.allocator.release(VMID, { instanceId: 'x' }))).toMatchObject({ already: false })
})

test('any daemon takes it back, also one that has never seen it', async () => {
  const { bench } = await claimed()
  const other = bench.daemon()
  expect(await bench.settled(other.allocator.release(VMID))).toMatchObject({ already: false })
  expect(bench.state(200)).toBe('releasing')
})

test('what is none of this pool is not found, and is left alone', async () => {
  const { bench, daemon } = await claimed()
  await bench.engine.container(300, { hostname: 'somebody' })
  for (const vmid of [toVmid(300), toVmid(301)]) {
    await expect(bench.settled(daemon.allocator.release(vmid))).rejects.toMatchObject({ code: 'not-found' })
    await expect(bench.settled(daemon.allocator.remove(vmid))).rejects.toMatchObject({ code: 'not-found' })
  }
  expect(bench.engine.options(300)).not.toHaveProperty('tags')
})

test('a removal says in the record that it is to be destroyed, whatever the state was', async () => {
  const { bench, daemon } = await claimed()
  await bench.ready(201)
  for (const vmid of [200, 201]) {
    expect(await bench.settled(daemon.allocator.remove(toVmid(vmid)))).toMatchObject({ already: false })
    expect(bench.record(vmid)).toMatchObject({ state: 'releasing', destroy: true })
    expect(await bench.settled(daemon.allocator.remove(toVmid(vmid)))).toMatchObject({ already: true })
  }
})

test('a lease is counted from now, and only a claimed container has one', async () => {
  const { bench, daemon } = await claimed()
  await bench.clock.advance(50_000)
  const now = Math.floor(bench.clock.now() / 1000)
  const lease = await bench.settled(daemon.allocator.renew(VMID, { ttlSeconds: 300, instanceId: 'x' }))
  expect(lease).toEqual({ vmid: 200, instanceId: 'x', expires: now + 300 })
  expect(bench.record(200)?.claim?.expires).toBe(now + 300)
  await expect(bench.settled(daemon.allocator.renew(VMID, { ttlSeconds: 0 }))).rejects.toMatchObject({
    code: 'invalid',
  })
  await bench.settled(daemon.allocator.release(VMID))
  await expect(bench.settled(daemon.allocator.renew(VMID, { ttlSeconds: 9 }))).rejects.toMatchObject({
    code: 'conflict',
  })
})

test('a renewal keeps the claim: the instance still gets the same answer', async () => {
  const { bench, daemon } = await claimed()
  await bench.settled(daemon.allocator.renew(VMID, { ttlSeconds: 300 }))
  const { claimId, expires } = await daemon.allocate({ instanceId: 'x' })
  expect(claimId).toBe('d1.1')
  expect(expires).toBe(bench.record(200)?.claim?.expires)
})

test('two renewals at once are both answered with the end that counts, and neither takes the other back', async () => {
  const { bench, daemon } = await claimed()
  const other = bench.daemon()
  const [first, second] = await bench.settled(
    Promise.all([
      daemon.allocator.renew(VMID, { ttlSeconds: 900 }),
      bench.clock.sleep(500).then(() => other.allocator.renew(VMID, { ttlSeconds: 300 })),
    ]),
  )
  expect(first.expires).toBe(second.expires)
  expect(bench.record(200)?.claim?.expires).toBe(second.expires)
  expect([...daemon.requests, ...other.requests].filter((request) => request.startsWith('PUT'))).toHaveLength(3)
})

test('a release meets a renewal in between, and is done all the same', async () => {
  const { bench, daemon } = await claimed()
  const other = bench.daemon()
  await other.see(200)
  let first = true
  daemon.network = (request, pass) => {
    if (!isWrite(request) || !first) return undefined
    first = false
    return other.allocator.renew(VMID, { ttlSeconds: 500 }).then(pass)
  }
  expect(await bench.settled(daemon.allocator.release(VMID))).toMatchObject({ already: false })
  expect(bench.state(200)).toBe('releasing')
})

test('a release whose answer got lost is found out', async () => {
  const { bench, daemon } = await claimed()
  let first = true
  daemon.network = (request, pass) => {
    if (!isWrite(request) || !first) return undefined
    first = false
    return pass().then(() => Promise.reject(lost()))
  }
  expect(await bench.settled(daemon.allocator.release(VMID))).toMatchObject({ already: false })
  expect(bench.state(200)).toBe('releasing')
})
