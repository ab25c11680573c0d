import { afterEach, describe, expect, it } from 'vitest'
import { pauseUntilUnlocked } from '../../../src/lib/pool/pause.js'
import { toVmid } from '../../../src/lib/pve/client.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const template = toVmid(TEMPLATE)
const caller = { requestId: 'r1', client: 'me', signal: new AbortController().signal }
/** Much longer than anything that is tested: nothing of it waits for the next look. */
const interval = 3_600_000

const ends: AbortController[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end.abort()
})

/** A pool that runs, as the daemon's does, and has been filled. */
async function runningPool(policy: Parameters<PoolBench['pool']>[0]) {
  const bench = await PoolBench.open({ latency: 'realistic' })
  const pool = bench.pool(policy, { interval })
  const end = new AbortController()
  ends.push(end)
  void pool.run(end.signal)
  await bench.clock.advance(60_000)
  return { bench, pool }
}

describe('between two looks at the cluster', () => {
  it('another container takes the place of one that was given out, before anybody waits for it', async () => {
    const { bench, pool } = await runningPool({ target: 2 })
    expect(bench.states()).toEqual({ 200: 'ready', 201: 'ready' })
    await bench.run(pool.allocate({ template, start: false, timeout: 5_000 }, caller))
    await bench.clock.advance(100)
    expect(pool.status().templates).toMatchObject([{ ready: 1, claimed: 1, filling: 1 }])
    await bench.clock.advance(30_000)
    expect(pool.status().templates).toMatchObject([{ ready: 2, claimed: 1, filling: 0 }])
  })

  it('a lease that ends is over some seconds later, for the clocks of daemons may differ by three', async () => {
    const { bench, pool } = await runningPool({ target: 1, release: 'destroy' })
    const lease = { template, instanceId: 'web', start: false, ttlSeconds: 60, timeout: 5_000 }
    await bench.run(pool.allocate(lease, caller))
    await bench.clock.advance(62_500)
    expect(pool.status().templates).toMatchObject([{ claimed: 1 }])
    await bench.clock.advance(2_500)
    expect(pool.status().templates).toMatchObject([{ claimed: 0 }])
  })

  it('one list is asked for when nothing is due', async () => {
    const { bench, pool } = await runningPool({ target: 1 })
    await bench.run(pool.allocate({ template, start: false, timeout: 5_000, ttlSeconds: 7_200 }, caller))
    await bench.clock.advance(60_000)
    bench.requests.length = 0
    await bench.clock.advance(interval)
    expect(bench.requests).toEqual(['GET /cluster/resources'])
  })

  it('a lease that cannot be ended is tried again with the others, and not without end', async () => {
    const { bench, pool } = await runningPool({ target: 1 })
    await bench.run(pool.allocate({ template, start: false, timeout: 5_000, ttlSeconds: 10 }, caller))
    bench.refuse = (request) => (request.startsWith('PUT') ? { status: 500, reason: 'no' } : undefined)
    await bench.clock.advance(60_000)
    bench.requests.length = 0
    await bench.clock.advance(600_000)
    expect(bench.requests.length).toBeLessThan(20)
  })
})

it('a lock is asked for less and less often, the longer it lasts', () => {
  const timing = { interval: 30_000, random: 0.5 }
  expect([0, 1_000, 60_000, 3_600_000].map((lasts) => pauseUntilUnlocked(lasts, timing))).toEqual([
    150, 150, 6_000, 30_000,
  ])
})
