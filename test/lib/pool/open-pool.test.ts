import { describe, expect, it } from 'vitest'
import { toVmid } from '../../../src/lib/pve/client.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const caller = (signal = new AbortController().signal) => ({ requestId: 'r1', client: 'me', signal })

describe('a pool', () => {
  it('fills, hands out, takes back, proves clean and has it ready again', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool()
    await bench.tick(pool)
    const request = { template: toVmid(TEMPLATE), instanceId: 'web-1', start: true, timeout: 60_000 }
    const allocation = await bench.run(pool.allocate(request, caller()))
    expect(allocation).toMatchObject({ hostname: 'web-1', status: 'running', fromPool: true, tier: 'stopped' })
    await bench.tick(pool)
    expect(Object.values(bench.states()).toSorted()).toEqual(['claimed', 'ready', 'ready', 'ready'])
    await bench.run(pool.release(allocation.vmid))
    await bench.tick(pool)
    expect(bench.log.filter(({ level }) => level !== 'debug')).toEqual([])
    expect(Object.values(bench.states())).toEqual(['ready', 'ready', 'ready'])
  })
})
