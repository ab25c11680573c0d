import { describe, expect, it } from 'vitest'
import { unreadyReasons } from '../../../src/lib/pool/daemon/life/readiness.js'
import type { RunningPool } from '../../../src/lib/pool/open-pool.js'
import { toVmid } from '../../../src/lib/pve/client.js'
import { statusText } from '../../../src/lib/ui/pool-text.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const caller = { requestId: 'r1', client: 'me', signal: new AbortController().signal }
const NODES = ['pve1', 'pve2']

const allocate = (bench: PoolBench, pool: RunningPool, instanceId: string) =>
  bench.run(pool.allocate({ template: toVmid(TEMPLATE), instanceId, start: true, timeout: 60_000 }, caller))

/** A filled pool that has just learned, from a claim that was refused, that the quorum is lost. */
async function withoutQuorum(bench: PoolBench): Promise<RunningPool> {
  const pool = bench.pool()
  await bench.tick(pool)
  bench.cluster.loseQuorum()
  const refusal = await allocate(bench, pool, 'web-1').catch((error: unknown) => error)
  expect(refusal).toMatchObject({ code: 'unavailable', message: expect.stringContaining('Permission denied') })
  return pool
}

const changes = ({ requests }: PoolBench) => requests.filter((request) => !request.startsWith('GET '))

/** May do what a pool must, but not ask how the cluster is. */
const refusingStatus = [
  {
    on: 'GET /cluster/status',
    times: 'always',
    do: 'fail',
    status: 403,
    message: 'Permission check failed (/, Sys.Audit)',
  },
]

describe('a cluster without quorum', () => {
  it('is alarmed, makes the daemon unready and is shown, until the cluster says that it is back', async () => {
    const bench = await PoolBench.open({ nodes: NODES })
    const pool = await withoutQuorum(bench)
    const status = pool.status()
    expect(status).toMatchObject({
      cluster: { reachable: true, quorate: false },
      alarms: [{ kind: 'no-quorum', remedy: 'On a node: pvecm status' }],
    })
    expect(unreadyReasons(status, false)).toEqual(['The cluster has no quorum'])
    expect(statusText(status, bench.clock.now()).join()).toContain('WITHOUT QUORUM')
    bench.cluster.quorate = true
    await bench.clock.advance(5_000)
    await bench.tick(pool)
    expect(pool.status()).toMatchObject({ cluster: { quorate: true }, alarms: [] })
    expect(unreadyReasons(pool.status(), false)).toEqual([])
    expect(await allocate(bench, pool, 'web-1')).toMatchObject({ hostname: 'web-1', status: 'running' })
  })

  it('refuses an allocate after one attempt, and leaves nothing of it behind', async () => {
    const bench = await PoolBench.open({ nodes: NODES })
    const pool = bench.pool()
    await bench.tick(pool)
    bench.cluster.loseQuorum()
    bench.requests.length = 0
    await expect(allocate(bench, pool, 'web-1')).rejects.toMatchObject({ code: 'unavailable' })
    expect(changes(bench)).toHaveLength(1)
    await bench.clock.advance(60_000)
    expect(changes(bench)).toHaveLength(1)
    bench.cluster.quorate = true
    await allocate(bench, pool, 'web-1')
    expect(Object.values(bench.states()).filter((state) => state === 'claimed')).toHaveLength(1)
  })

  it('has nothing begun in it: one list and one question every few seconds, however much there is to do', async () => {
    const bench = await PoolBench.open({ nodes: NODES })
    const pool = await withoutQuorum(bench)
    await bench.run(pool.warm(toVmid(TEMPLATE), 6))
    bench.requests.length = 0
    const stop = new AbortController()
    const running = pool.run(stop.signal)
    await bench.clock.advance(60_000)
    expect(changes(bench)).toEqual([])
    expect(bench.requests.filter((request) => request === 'GET /cluster/status').length).toBeLessThanOrEqual(13)
    expect(bench.requests.length).toBeLessThanOrEqual(40)
    bench.cluster.quorate = true
    await bench.clock.advance(60_000)
    expect(Object.values(bench.states())).toEqual(Array(6).fill('ready'))
    stop.abort()
    await bench.run(running)
  })

  it('opens no breaker: no template is to blame', async () => {
    const bench = await PoolBench.open({ nodes: NODES })
    const pool = bench.pool()
    bench.cluster.loseQuorum()
    for (let round = 0; round < 5; round++) {
      await bench.tick(pool)
      await bench.clock.advance(30_000)
    }
    expect(pool.status()).toMatchObject({
      templates: [{ breaker: 'closed' }],
      alarms: [{ kind: 'no-quorum' }],
    })
    expect(changes(bench).filter((request) => request.endsWith('/clone'))).toHaveLength(1)
    bench.cluster.quorate = true
    await bench.tick(pool)
    await bench.tick(pool)
    expect(Object.values(bench.states())).toEqual(['ready', 'ready', 'ready'])
  })

  it('is noticed to be back by a write that changes nothing, where the token may not ask', async () => {
    const bench = await PoolBench.open({ nodes: NODES, faults: refusingStatus })
    const pool = await withoutQuorum(bench)
    const before = [200, 201, 202].map((vmid) => bench.cluster.configs.find(vmid)?.config)
    bench.requests.length = 0
    for (let round = 0; round < 3; round++) {
      await bench.clock.advance(5_000)
      await bench.tick(pool)
      expect(pool.status().cluster.quorate).toBe(false)
    }
    expect(changes(bench)).toEqual(Array(3).fill('PUT /nodes/pve1/lxc/200/config'))
    bench.cluster.quorate = true
    await bench.clock.advance(5_000)
    await bench.tick(pool)
    expect(pool.status()).toMatchObject({ cluster: { quorate: true }, alarms: [] })
    expect([200, 201, 202].map((vmid) => bench.cluster.configs.find(vmid)?.config)).toEqual(before)
  })

  it('is noticed to be back by one fill, where there is nothing else to write to', async () => {
    const bench = await PoolBench.open({ nodes: NODES, faults: refusingStatus })
    const pool = bench.pool()
    bench.cluster.loseQuorum()
    await bench.tick(pool)
    expect(pool.status().cluster.quorate).toBe(false)
    const clones = () => changes(bench).filter((request) => request.endsWith('/clone')).length
    const before = clones()
    await bench.clock.advance(5_000)
    await bench.tick(pool)
    expect(clones()).toBe(before + 1)
    bench.cluster.quorate = true
    await bench.clock.advance(5_000)
    await bench.tick(pool)
    await bench.tick(pool)
    expect(pool.status()).toMatchObject({ cluster: { quorate: true }, alarms: [] })
    expect(Object.values(bench.states())).toEqual(['ready', 'ready', 'ready'])
  })
})
