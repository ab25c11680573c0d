import { describe, expect, it } from 'vitest'
import { PoolBench } from '../../support/pool-bench.js'

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
})
