import { expect, it } from 'vitest'
import type { RunningPool } from '../../../src/lib/pool/open-pool.js'
import { toVmid } from '../../../src/lib/pve/client.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const caller = { requestId: 'r1', client: 'me', signal: new AbortController().signal }

const allocate = (bench: PoolBench, pool: RunningPool, instanceId: string) =>
  bench.run(pool.allocate({ template: toVmid(TEMPLATE), instanceId, start: false, timeout: 5_000 }, caller))

it('a pool that is paused says so to whom it has nothing for, and how it goes on', async () => {
  const bench = await PoolBench.open()
  const pool = bench.pool({ target: 1, max: 4 })
  await bench.tick(pool)
  pool.pause()
  expect(await allocate(bench, pool, 'a')).toMatchObject({ hostname: 'a' })
  await expect(allocate(bench, pool, 'b')).rejects.toMatchObject({
    code: 'unavailable',
    message: 'nothing can be handed out: the pool is paused: nothing is filled or recycled',
    hint: 'cmux-pve pool resume',
    data: { retryAfter: 10 },
  })
})

it('a Proxmox that gives no proper answer is told as an alarm, once, with what to do; it ends with the first answer', async () => {
  const bench = await PoolBench.open()
  const pool = bench.pool({ target: 1, max: 4 })
  await bench.tick(pool)
  const rewrite = bench.rewrite
  bench.rewrite = (request, body) => (request === 'GET /cluster/resources' ? '{"data":[]}' : body)
  for (let look = 0; look < 3; look++) await bench.run(pool.plan())
  await bench.clock.advance(30_000)
  await bench.tick(pool)
  const alarm = {
    kind: 'unreachable',
    message: expect.stringContaining('not complete'),
    remedy: expect.stringContaining('cmux-pve test-connection'),
  }
  expect(pool.status().alarms).toEqual([alarm])
  expect(bench.events.filter(({ kind }) => kind === 'alarm')).toEqual([{ kind: 'alarm', alarm }])
  bench.rewrite = rewrite
  await bench.run(pool.plan())
  expect(pool.status().alarms).toEqual([])
})
