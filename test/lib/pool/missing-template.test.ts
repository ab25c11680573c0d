import { describe, expect, it } from 'vitest'
import { unreadyReasons } from '../../../src/lib/pool/daemon/life/readiness.js'
import type { RunningPool } from '../../../src/lib/pool/open-pool.js'
import { toVmid } from '../../../src/lib/pve/client.js'
import { POLICY, PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const OTHER = 9010
const caller = { requestId: 'r1', client: 'me', signal: new AbortController().signal }

const both = () =>
  new Map([
    [TEMPLATE, { ...POLICY, target: 1, max: 1 }],
    [OTHER, { ...POLICY, target: 1, max: 1 }],
  ])

const allocate = (bench: PoolBench, pool: RunningPool, template: number, instanceId = 'web-1') =>
  bench.run(pool.allocate({ template: toVmid(template), instanceId, start: false, timeout: 110_000 }, caller))

async function removeTemplate(bench: PoolBench, vmid: number): Promise<void> {
  await bench.run(bench.client.containers.remove({ vmid, node: 'pve1' }).then((upid) => bench.client.tasks.wait(upid)))
  await bench.clock.advance(30_000)
}

describe('a template of the settings that does not exist', () => {
  it('is alarmed by its number with the way out, while the others work and the daemon is ready', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({}, { templates: both() })
    await bench.tick(pool)
    expect(pool.status()).toMatchObject({
      templates: [
        { template: TEMPLATE, ready: 1 },
        { template: OTHER, missing: 'absent' },
      ],
      alarms: [
        {
          kind: 'missing-template',
          template: OTHER,
          message: expect.stringMatching(/9010 does not exist/),
          remedy: expect.stringContaining('POOL_TEMPLATES'),
        },
      ],
    })
    expect(unreadyReasons(pool.status(), false)).toEqual([])
    expect(await allocate(bench, pool, TEMPLATE)).toMatchObject({ hostname: 'web-1' })
  })

  it('lets an allocate for it be refused at once, by name and with the way out, and none wait', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({}, { templates: both() })
    await bench.tick(pool)
    const began = bench.clock.now()
    await expect(allocate(bench, pool, OTHER)).rejects.toMatchObject({
      code: 'unavailable',
      exitCode: 5,
      message: expect.stringContaining('9010'),
      hint: expect.stringContaining('cmux-pve template create'),
    })
    expect(bench.clock.now() - began).toBeLessThan(1_000)
    await expect(bench.run(pool.warm(toVmid(OTHER), 2))).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('makes the daemon unready when there is no other', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({}, { templates: new Map([[OTHER, POLICY]]) })
    await bench.tick(pool)
    expect(unreadyReasons(pool.status(), false)).toEqual(['None of the templates can be cloned'])
  })

  it('is used as soon as somebody who made it asks for it', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({}, { templates: both() })
    await bench.tick(pool)
    await bench.template(OTHER)
    const stop = new AbortController()
    const running = pool.run(stop.signal)
    await bench.clock.advance(2_000)
    expect(await allocate(bench, pool, OTHER)).toMatchObject({ template: OTHER })
    stop.abort()
    await bench.run(running)
    expect(pool.status().alarms).toEqual([])
  })

  it('is told from a container that is no template', async () => {
    const bench = await PoolBench.open()
    const { client } = bench
    const ostemplate = 'local:vztmpl/busybox_1.35-1_amd64.tar.gz'
    await bench.run(
      client.containers
        .create('pve1', { vmid: OTHER, ostemplate, hostname: 'plain', options: { rootfs: 'local-lvm:1' } })
        .then((upid) => client.tasks.wait(upid)),
    )
    const pool = bench.pool({}, { templates: both() })
    await bench.tick(pool)
    expect(pool.status().alarms).toMatchObject([{ kind: 'missing-template', remedy: 'cmux-pve template convert 9010' }])
  })
})

describe('a template that was deleted', () => {
  it('is alarmed, and what was made of it is handed out all the same', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1 }, { templates: new Map([[TEMPLATE, { ...POLICY, target: 1 }]]) })
    await bench.tick(pool)
    // Proxmox keeps a template that has linked clones, but nothing keeps its configuration from being moved away.
    bench.cluster.configs.delete(TEMPLATE)
    await bench.clock.advance(30_000)
    await bench.tick(pool)
    expect(pool.status()).toMatchObject({ alarms: [{ kind: 'missing-template', template: TEMPLATE }] })
    expect(unreadyReasons(pool.status(), false)).toEqual([])
    expect(await allocate(bench, pool, TEMPLATE)).toMatchObject({ fromPool: true })
    await expect(allocate(bench, pool, TEMPLATE, 'web-2')).rejects.toMatchObject({ code: 'unavailable' })
    expect(unreadyReasons(pool.status(), false)).toEqual(['None of the templates can be cloned'])
  })

  it('ends the waiting of those who came before', async () => {
    const bench = await PoolBench.open({ latency: 'realistic' })
    const pool = bench.pool({ target: 0, min: 0 })
    await bench.tick(pool)
    const refused = pool
      .allocate({ template: toVmid(TEMPLATE), instanceId: 'web-1', start: false, timeout: 110_000 }, caller)
      .catch((error: unknown) => error)
    await removeTemplate(bench, TEMPLATE)
    const began = bench.clock.now()
    await bench.tick(pool)
    expect(await bench.run(refused)).toMatchObject({ code: 'unavailable' })
    expect(bench.clock.now() - began).toBeLessThan(5_000)
  })
})

describe('a list that leaves a template out', () => {
  it('is not believed: the template is asked for itself', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool()
    await bench.tick(pool)
    bench.rewrite = (request, body) =>
      request === 'GET /cluster/resources' ? body.replaceAll(/\{[^{}]*"vmid":9009[^{}]*\},?/g, '') : body
    await bench.clock.advance(30_000)
    await bench.tick(pool)
    expect(pool.status()).toMatchObject({ alarms: [], templates: [{ revision: expect.stringMatching(/./) }] })
    expect(pool.status().templates[0]).not.toHaveProperty('missing')
  })
})
