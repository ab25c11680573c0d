import { expect, test } from 'vitest'
import { PoolBench } from '../../support/pool-bench.js'
import { addPooled } from '../../support/pooled-crowd.js'

const CROWD = 10_000
const FIRST = 10_000

test('a tick over 10,000 pooled containers asks once, and reads the one that has changed', async () => {
  const bench = await PoolBench.open()
  const pool = bench.pool({ target: 1, max: 2 * CROWD }, { vmids: { start: FIRST, end: FIRST + 2 * CROWD } })
  await bench.tick(pool)
  addPooled(bench.cluster, FIRST, CROWD - 1)
  await bench.clock.advance(20_000)
  await bench.tick(pool)
  expect(pool.list().filter(({ state }) => state === 'ready')).toHaveLength(CROWD)

  const tick = async () => {
    await bench.clock.advance(30_000)
    bench.requests.length = 0
    await bench.tick(pool)
    return bench.requests
  }
  for (let turn = 0; turn < 3; turn++) expect(await tick()).toEqual(['GET /cluster/resources'])

  const changed = { vmid: FIRST + 4_321, node: 'pve1' }
  const { tags } = await bench.run(bench.client.containers.config(changed))
  await bench.run(bench.client.containers.update(changed, { set: { tags: [...tags, 'somebody'].join(';') } }))
  const read = await tick()
  expect(read.filter((request) => !request.includes(`/lxc/${changed.vmid}/`))).toEqual(['GET /cluster/resources'])
  expect(read).toContain(`GET /nodes/pve1/lxc/${changed.vmid}/config`)
  expect(await tick()).toEqual(['GET /cluster/resources'])
}, 60_000)
