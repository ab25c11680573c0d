import { describe, expect, it } from 'vitest'
import { replicateTemplate } from '../../../src/lib/template/replicate.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const copied = ({ requests }: PoolBench) =>
  requests.flatMap((request) => /POST \/nodes\/pve1\/lxc\/(\d+)\/clone/.exec(request)?.[1] ?? []).map(Number)

/** The template, one replica made by the command and one by hand. */
async function replicated(): Promise<{ bench: PoolBench; marked: number; byHand: number }> {
  const bench = await PoolBench.open({ latency: 'realistic' })
  const { client, clock } = bench
  const made = await bench.run(
    replicateTemplate({ client, clock, random: () => 0.5 }, String(TEMPLATE), { count: 1, timeout: 600_000 }),
  )
  await bench.template(TEMPLATE + 500, { tags: `cmux-t${TEMPLATE}` })
  await clock.advance(20_000)
  bench.requests.length = 0
  return { bench, marked: made.replicas[0]?.vmid ?? 0, byHand: TEMPLATE + 500 }
}

/** The same VMID and options, another build. */
async function rebuild(bench: PoolBench): Promise<void> {
  const { client } = bench
  await bench.run(client.containers.remove({ vmid: TEMPLATE, node: 'pve1' }).then((upid) => client.tasks.wait(upid)))
  await bench.template(TEMPLATE)
  await bench.clock.advance(20_000)
  bench.requests.length = 0
}

describe('replicas', () => {
  it('are copied like their template, whether a command or a person made them', async () => {
    const { bench, marked, byHand } = await replicated()
    const pool = bench.pool({ target: 6, max: 6 })
    await bench.tick(pool)
    expect([...new Set(copied(bench))].toSorted()).toEqual([marked, TEMPLATE, byHand].toSorted())
    const tags = pool.list().flatMap(({ vmid }) => String(bench.options(vmid)?.['tags']).split(';'))
    expect(new Set(tags)).toEqual(new Set(['cmux-pool', 'cmux-ready', `cmux-t${TEMPLATE}`]))
  })

  it('of an earlier build are copied no more, though their options are the same; those that do not say which are', async () => {
    const { bench, marked, byHand } = await replicated()
    await rebuild(bench)
    const pool = bench.pool({ target: 6, max: 6 })
    await bench.tick(pool)
    expect(copied(bench)).not.toContain(marked)
    expect([...new Set(copied(bench))].toSorted()).toEqual([TEMPLATE, byHand].toSorted())
    expect(pool.status().templates).toMatchObject([{ ready: 6 }])
  })

  it('that turn out to be of an earlier build right before the copy are left alone', async () => {
    const { bench, marked } = await replicated()
    const tags = `cmux-t${TEMPLATE};cmux-r000000000000`
    bench.cluster.configs.write(marked, 'pve1', withTags(bench, marked, tags))
    const pool = bench.pool({ target: 6, max: 6 })
    // The list still shows the mark that the replica had.
    bench.rewrite = (request, body) =>
      request === 'GET /cluster/resources' ? body.replaceAll('cmux-r000000000000', 'cmux-none') : body
    await bench.tick(pool)
    expect(copied(bench)).not.toContain(marked)
  })
})

function withTags({ cluster }: PoolBench, vmid: number, tags: string) {
  const config = cluster.configs.load(vmid, 'pve1')
  return { ...config, options: { ...config.options, tags } }
}
