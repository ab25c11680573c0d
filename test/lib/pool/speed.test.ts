import { describe, expect, it } from 'vitest'
import { toVmid } from '../../../src/lib/pve/client.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const COUNT = 12

/** Virtual milliseconds. */
async function time(bench: PoolBench, work: () => Promise<unknown>): Promise<number> {
  const began = bench.clock.now()
  await bench.run(work())
  return bench.clock.now() - began
}

/** Clones back to back, each waited for by asking every 20 ms. */
async function bareClones({ client, clock }: PoolBench, count = COUNT): Promise<void> {
  for (let vmid = 5000; vmid < 5000 + count; vmid++) {
    const upid = await client.containers.clone({ vmid: TEMPLATE, node: 'pve1' }, { newid: vmid, description: 'x' })
    while ((await client.tasks.status(upid)).status === 'running') await clock.sleep(20)
  }
}

const filling = async (replicas: number): Promise<{ bench: PoolBench; took: number }> => {
  const bench = await PoolBench.open({ latency: 'realistic' })
  for (let index = 1; index <= replicas; index++) await bench.template(TEMPLATE + index, { tags: `cmux-t${TEMPLATE}` })
  await bench.clock.advance(20_000)
  const pool = bench.pool({ target: COUNT, max: COUNT })
  return { bench, took: await time(bench, () => pool.tick()) }
}

describe('filling, in a world where only Proxmox takes time', () => {
  it('takes at most 1.15 times as long as the bare clones back to back', async () => {
    const { bench, took } = await filling(0)
    const bare = await time(bench, () => bareClones(bench))
    expect(took / bare).toBeLessThanOrEqual(1.15)
  })

  it('is at least 3.2 times as fast with four sources', async () => {
    const [one, four] = [await filling(0), await filling(3)]
    expect(one.took / four.took).toBeGreaterThanOrEqual(3.2)
  })

  it('looks once at how each container is: lists that come meanwhile send nobody to those being filled', async () => {
    const { bench } = await filling(3)
    const looks = bench.requests.filter((request) => request.endsWith('/status/current'))
    expect(new Set(looks).size).toBe(COUNT)
    expect(looks).toHaveLength(COUNT)
  })
})

describe('a burst of ten with five ready, in that world', () => {
  it('has its last answer after at most 1.2 times five bare clones and a start', async () => {
    const bench = await PoolBench.open({ latency: 'realistic' })
    const pool = bench.pool({ target: 5, max: 20 })
    await bench.tick(pool)
    await bench.clock.advance(20_000)
    const stop = new AbortController()
    const served = pool.run(stop.signal)
    const ask = (index: number) =>
      pool.allocate(
        { template: toVmid(TEMPLATE), instanceId: `sandbox-${index}`, start: true, timeout: 60_000 },
        { requestId: `request-${index}`, client: 'test', signal: new AbortController().signal },
      )
    bench.requests.length = 0
    const took = await time(bench, () => Promise.all(Array.from({ length: 10 }, (_, index) => ask(index))))
    stop.abort()
    await bench.run(served)
    const bare = await time(bench, async () => {
      await bareClones(bench, 5)
      await bench.client.tasks.wait(await bench.client.containers.start({ vmid: 5000, node: 'pve1' }))
    })
    expect(took / bare).toBeLessThanOrEqual(1.2)
    // To ask how a container is while it is being started holds up the node: each is looked at once, when it is claimed.
    const looks = bench.requests.filter((request) => /20[0-4]\/status\/current$/.test(request))
    expect(looks).toHaveLength(5)
  })
})
