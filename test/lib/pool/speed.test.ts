import { describe, expect, it } from 'vitest'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const COUNT = 12

/** Virtual milliseconds. */
async function time(bench: PoolBench, work: () => Promise<unknown>): Promise<number> {
  const began = bench.clock.now()
  await bench.run(work())
  return bench.clock.now() - began
}

/** As many clones back to back, each waited for by asking every 20 ms. */
async function bareClones({ client, clock }: PoolBench): Promise<void> {
  for (let vmid = 5000; vmid < 5000 + COUNT; vmid++) {
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
})
