import { expect, it } from 'vitest'
import { PoolBench } from '../../support/pool-bench.js'

it('a node that the cluster does not have is told, with those that it has', async () => {
  const bench = await PoolBench.open({ nodes: ['pve1', 'pve2'] })
  const pool = bench.pool({ target: 1, nodes: ['pve1', 'pev2'] })
  await bench.tick(pool)
  expect(pool.status().alarms).toEqual([
    {
      kind: 'unknown-node',
      template: 9009,
      message: expect.stringMatching(/9009 names pev2 .* It has pve1, pve2$/),
      remedy: expect.stringContaining('pool.yaml'),
    },
  ])
  expect(pool.list()).toMatchObject([{ node: 'pve1', state: 'ready' }])
})

it('a pool whose nodes are all there has nothing to tell', async () => {
  const bench = await PoolBench.open({ nodes: ['pve1', 'pve2'] })
  const pool = bench.pool({ target: 1, nodes: ['pve1'] })
  await bench.tick(pool)
  expect(pool.status().alarms).toEqual([])
})
