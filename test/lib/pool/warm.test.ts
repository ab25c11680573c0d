import { describe, expect, it } from 'vitest'
import type { RunningPool } from '../../../src/lib/pool/open-pool.js'
import { toVmid } from '../../../src/lib/pve/client.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const template = toVmid(TEMPLATE)
const caller = { requestId: 'r1', client: 'me', signal: new AbortController().signal }

const take = (bench: PoolBench, pool: RunningPool, instanceId: string) =>
  bench.run(pool.allocate({ template, instanceId, start: false, timeout: 5_000 }, caller))
const count = (pool: RunningPool, state: 'ready' | 'claimed') =>
  pool.list().filter((container) => container.state === state).length

async function filled(policy: Parameters<PoolBench['pool']>[0]) {
  const bench = await PoolBench.open()
  const pool = bench.pool(policy)
  await bench.tick(pool)
  return { bench, pool }
}

describe('containers that are asked for once', () => {
  it('are as many as there may be, and what stands in the way is said', async () => {
    const { bench, pool } = await filled({ target: 2, max: 5 })
    await take(bench, pool, 'a')
    expect(await bench.run(pool.warm(template, 20))).toEqual({
      ...{ template, asked: 20, possible: 4, max: 5, taken: 1 },
      ...{ current: 1, queued: 3, target: 2 },
    })
    await bench.tick(pool)
    expect(count(pool, 'ready')).toBe(4)
  })

  it('are made once: what is taken of them is made again only up to the target', async () => {
    const { bench, pool } = await filled({ target: 1, max: 9 })
    await bench.run(pool.warm(template, 4))
    await bench.tick(pool)
    expect(count(pool, 'ready')).toBe(4)
    await bench.tick(pool)
    for (const instance of ['a', 'b', 'c', 'd']) await take(bench, pool, instance)
    await bench.tick(pool)
    expect(count(pool, 'ready')).toBe(1)
  })

  it('that there are already cost nothing, and are not more than were asked for', async () => {
    const { bench, pool } = await filled({ target: 3, max: 6 })
    expect(await bench.run(pool.warm(template, 2))).toMatchObject({ queued: 0, current: 3, asked: 2, possible: 2 })
  })

  it('of a template that is none of the pool are refused in the words of an allocate, and so is its drain', async () => {
    const { bench, pool } = await filled({ target: 1, max: 6 })
    const request = { template: toVmid(1234), instanceId: 'a', start: false, timeout: 5_000 }
    const refusal = await bench.run(pool.allocate(request, caller)).catch((error: unknown) => error)
    const told = refusal instanceof Error && 'hint' in refusal && { message: refusal.message, hint: refusal.hint }
    expect(told).toMatchObject({ message: 'this pool has no template 1234', hint: expect.any(String) })
    await expect(bench.run(pool.warm(toVmid(1234)))).rejects.toMatchObject({ code: 'not-found', ...told })
    await expect(pool.drain(toVmid(1234))).rejects.toMatchObject({ code: 'not-found', ...told })
  })

  it('are refused while nothing is filled, and nothing of that is kept', async () => {
    const { bench, pool } = await filled({ target: 1, max: 6 })
    pool.pause()
    await expect(bench.run(pool.warm(template, 4))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('paused'),
      hint: expect.stringContaining('pool resume'),
    })
    pool.resume()
    await pool.drain(template)
    await expect(bench.run(pool.warm(template, 4))).rejects.toMatchObject({ code: 'draining' })
    await pool.drain()
    await expect(bench.run(pool.warm(template, 4))).rejects.toMatchObject({ code: 'draining' })
    pool.resume()
    await bench.tick(pool)
    expect(count(pool, 'ready')).toBe(1)
  })

  it('are forgotten when the pool is drained before they are there', async () => {
    const { bench, pool } = await filled({ target: 1, max: 6 })
    await bench.run(pool.warm(template, 4))
    await pool.drain()
    await bench.tick(pool)
    pool.resume()
    await bench.tick(pool)
    expect(count(pool, 'ready')).toBe(1)
  })
})

describe('a drain', () => {
  it('is not lifted by a pause: that is refused, and what is ready goes', async () => {
    const { bench, pool } = await filled({ target: 2, max: 6 })
    await pool.drain()
    expect(() => pool.pause()).toThrow(
      expect.objectContaining({ code: 'draining', hint: expect.stringContaining('pool resume') }),
    )
    expect(pool.status().mode).toBe('draining')
    await bench.tick(pool)
    expect(pool.list()).toEqual([])
  })

  it('of one template is not held up by a pause, nor begun in one', async () => {
    const { bench, pool } = await filled({ target: 2, max: 6 })
    await pool.drain(template)
    expect(() => pool.pause()).toThrow(expect.objectContaining({ code: 'draining' }))
    await bench.tick(pool)
    expect(pool.list()).toEqual([])
    pool.resume()
    pool.pause()
    await expect(pool.drain(template)).rejects.toMatchObject({ code: 'conflict' })
    await pool.drain()
    expect(pool.status().mode).toBe('draining')
  })

  it('of a template that the pool does not keep is refused, and changes nothing', async () => {
    const { bench, pool } = await filled({ target: 1, max: 6 })
    await expect(pool.drain(toVmid(9999))).rejects.toMatchObject({ code: 'not-found' })
    expect(await take(bench, pool, 'a')).toMatchObject({ hostname: 'a' })
  })
})
