import { describe, expect, it } from 'vitest'
import { toVmid } from '../../../src/lib/pve/client.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

describe('the controller', () => {
  it('fills an empty pool up to its target, with containers that are ready, tagged, protected and have a pristine snapshot', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool()
    await bench.tick(pool)
    expect(bench.log.filter(({ level }) => level !== 'debug')).toEqual([])
    expect(bench.states()).toEqual({ 200: 'ready', 201: 'ready', 202: 'ready' })
    const options = bench.options(200)
    expect(options).toMatchObject({ hostname: 'pool-200', tags: 'cmux-pool;cmux-ready;cmux-t9009', protection: 1 })
    expect(options?.['parent']).toBe(bench.record(200)?.pristine)
    expect(pool.status().templates).toMatchObject([{ ready: 3, filling: 0, claimed: 0 }])
  })

  it('asks for one list and nothing else when nothing has changed', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool()
    await bench.tick(pool)
    await bench.clock.advance(30_000)
    await bench.tick(pool)
    bench.requests.length = 0
    await bench.clock.advance(30_000)
    await bench.tick(pool)
    expect(bench.requests).toEqual(['GET /cluster/resources'])
  })

  it('keeps a source copying: it fills as fast as bare clones back to back, and with four sources over three times as fast', async () => {
    const bare = await bareClones(12)
    const one = await filling(12, 0)
    expect(one).toBeLessThan(1.15 * bare)
    expect(await filling(12, 3)).toBeLessThan(one / 3.2)
  })
})

/** Milliseconds of virtual time for `count` clones one after the other, each looked after every 20 ms. */
async function bareClones(count: number): Promise<number> {
  const { client, clock, run } = await realisticBench()
  return run(async () => {
    for (let index = 0; index < count; index++) {
      const source = { vmid: TEMPLATE, node: 'pve1' }
      const upid = await client.containers.clone(source, { newid: 300 + index })
      while ((await client.tasks.status(upid)).status === 'running') await clock.sleep(20)
    }
  })
}

/** Milliseconds of virtual time until `count` containers are ready. */
async function filling(count: number, replicas: number): Promise<number> {
  const { bench, clock, run } = await realisticBench(replicas)
  const pool = bench.pool({ min: 0, target: 0, max: 2 * count })
  const stop = new AbortController()
  const served = pool.run(stop.signal)
  const elapsed = await run(async () => {
    await pool.warm(toVmid(TEMPLATE), count)
    while (Object.values(bench.states()).filter((state) => state === 'ready').length < count) await clock.sleep(5)
  })
  stop.abort()
  await bench.run(served)
  return elapsed
}

async function realisticBench(replicas = 0) {
  const bench = await PoolBench.open({ latency: 'realistic' })
  for (let index = 1; index <= replicas; index++) await bench.template(9100 + index, { tags: `cmux-t${TEMPLATE}` })
  await bench.clock.advance(30_000)
  const { clock, client } = bench
  const run = async (work: () => Promise<void>): Promise<number> => {
    const began = clock.now()
    await bench.run(work())
    return clock.now() - began
  }
  return { bench, client, clock, run }
}
