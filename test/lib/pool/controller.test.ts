import { describe, expect, it } from 'vitest'
import type { RunningPool } from '../../../src/lib/pool/open-pool.js'
import { withRecord } from '../../../src/lib/pool/record-codec.js'
import { toVmid } from '../../../src/lib/pve/client.js'
import { withDescription, withOptions } from '../../../src/lib/simulator/config/container-config.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const caller = { requestId: 'r1', client: 'me', signal: new AbortController().signal }
const NODE = 'pve1'

const allocate = (bench: PoolBench, pool: RunningPool, instanceId: string, start = true) =>
  bench.run(pool.allocate({ template: toVmid(TEMPLATE), instanceId, start, timeout: 60_000 }, caller))

/** A tick after as much time as the index needs to tell of what has changed (PVE-FACTS 5). */
async function later(bench: PoolBench, pool: RunningPool): Promise<void> {
  await bench.clock.advance(30_000)
  await bench.tick(pool)
}

/** Asks for a container, and ticks once a second until whatever comes of it has come. Answers its VMID. */
async function allocated(bench: PoolBench, pool: RunningPool): Promise<number> {
  const request = { template: toVmid(TEMPLATE), start: false, timeout: 60_000 }
  const asked = pool.allocate(request, { requestId: 'r', client: 'c', signal: new AbortController().signal })
  asked.catch(() => undefined)
  for (let round = 0; round < 15; round++) {
    await bench.clock.advance(1_000)
    await bench.tick(pool)
  }
  return (await asked).vmid
}

const warnings = ({ log }: PoolBench) => log.filter(({ level }) => level !== 'debug').map(({ message }) => message)

describe('filling', () => {
  it('makes containers that are ready, tagged, protected and have a pristine snapshot, up to the target', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool()
    await bench.tick(pool)
    expect(warnings(bench)).toEqual([])
    expect(bench.states()).toEqual({ 200: 'ready', 201: 'ready', 202: 'ready' })
    const options = bench.options(200)
    expect(options).toMatchObject({ hostname: 'pool-200', tags: 'cmux-pool;cmux-ready;cmux-t9009', protection: 1 })
    expect(options?.['parent']).toBe(bench.record(200)?.pristine)
    expect(pool.status().templates).toMatchObject([{ ready: 3, filling: 0, claimed: 0 }])
  })

  it('by three daemons at once makes no more than by one', async () => {
    const bench = await PoolBench.open({ latency: 'realistic' })
    const pools = [bench.pool({ max: 3 }), bench.pool({ max: 3 }), bench.pool({ max: 3 })]
    await bench.run(Promise.all(pools.map((pool) => pool.tick())))
    for (const pool of pools) await later(bench, pool)
    expect(Object.values(bench.states())).toEqual(['ready', 'ready', 'ready'])
  })

  it('takes another VMID when somebody has the first one, whom it leaves alone', async () => {
    const bench = await PoolBench.open()
    await bench.template(200)
    const pool = bench.pool({ target: 1 })
    await bench.tick(pool)
    expect(bench.states()).toEqual({ 200: 'foreign', 201: 'ready' })
  })

  it('stops after failing again and again, tells so, and tries once more after a while', async () => {
    const faults = [{ on: 'step:vzclone.copy', times: 4, do: 'fail', message: 'storage is out of order' }]
    const bench = await PoolBench.open({ faults })
    const pool = bench.pool({ target: 1 })
    await bench.tick(pool)
    const clones = () => bench.requests.filter((request) => request.endsWith('/clone')).length
    expect(clones()).toBe(3)
    expect(pool.status()).toMatchObject({
      templates: [{ breaker: 'open' }],
      alarms: [{ kind: 'breaker', template: 9009 }],
    })
    await bench.clock.advance(10_000)
    await bench.tick(pool)
    expect(clones()).toBe(3)
    await later(bench, pool)
    expect(clones()).toBe(4)
    await bench.clock.advance(60_000)
    await later(bench, pool)
    expect(bench.states()).toEqual({ 200: 'ready' })
    expect(pool.status()).toMatchObject({ templates: [{ breaker: 'closed' }] })
  })

  it('finishes what a daemon began that is no more', async () => {
    const bench = await PoolBench.open()
    const dead = bench.pool({ target: 1 })
    const work = dead.tick().catch(() => undefined)
    await bench.clock.advance(4)
    await bench.run(dead.close())
    await bench.run(work)
    expect(Object.values(bench.states())).toEqual(['filling'])
    const pool = bench.pool({ target: 1 })
    await bench.tick(pool)
    for (let round = 0; round < 3; round++) await later(bench, pool)
    expect(bench.record(200)).toMatchObject({ state: 'ready', owner: 'daemon-2' })
    expect(Object.values(bench.states())).toEqual(['ready'])
  })
})

describe('observing', () => {
  it('asks for one list and nothing else when nothing has changed', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool()
    await bench.tick(pool)
    await later(bench, pool)
    bench.requests.length = 0
    await later(bench, pool)
    expect(bench.requests).toEqual(['GET /cluster/resources'])
  })

  it('says why from the first list on that is refused', async () => {
    const faults = [
      { on: 'GET /cluster/resources', times: 'always', do: 'fail', status: 401, message: 'no such token' },
    ]
    const bench = await PoolBench.open({ faults })
    const pool = bench.pool()
    await bench.tick(pool).catch(() => undefined)
    expect(pool.status().alarms).toMatchObject([
      { kind: 'refused', message: expect.stringContaining('refused the token') },
    ])
  })

  it('forgets nothing and touches nothing when a list fails or is empty', async () => {
    const faults = [{ on: 'GET /cluster/resources', nth: 12, times: 'always', do: 'fail', message: 'out of order' }]
    const bench = await PoolBench.open({ faults })
    const pool = bench.pool()
    await bench.tick(pool)
    while (pool.status().cluster.reachable) await later(bench, pool).catch(() => undefined)
    bench.requests.length = 0
    await later(bench, pool).catch(() => undefined)
    expect(bench.requests.filter((request) => !request.startsWith('GET'))).toEqual([])
    expect(pool.list()).toHaveLength(3)
    expect(pool.status().alarms).toMatchObject([
      { kind: 'unreachable', message: expect.stringContaining('out of order') },
    ])
  })

  it('leaves alone what is not the pool’s: strangers in its range, copies of its containers, and what was taken out of it', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 2, max: 2 })
    await bench.tick(pool)
    const { containers, tasks } = bench.client
    const copy = async () => {
      const upid = await containers.clone({ vmid: 200, node: NODE }, { newid: 250, full: true })
      await tasks.wait(upid)
      await containers.update({ vmid: 201, node: NODE }, { set: { tags: 'mine' } })
    }
    await bench.run(copy())
    const before = [bench.options(250), bench.options(201)]
    for (let round = 0; round < 3; round++) await later(bench, pool)
    expect([bench.options(250), bench.options(201)]).toEqual(before)
    const orphans = await bench.run(pool.collectGarbage({ act: true }))
    expect(orphans).toMatchObject([
      { vmid: 201, ours: false, destroyed: false, why: expect.stringContaining('took it out of the pool') },
      { vmid: 250, ours: false, destroyed: false, why: expect.stringContaining('copy of container 200') },
    ])
  })
})

describe('a released container', () => {
  it('is rolled back, proved clean and ready under its own name again', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 1 })
    await bench.tick(pool)
    const { vmid } = await allocate(bench, pool, 'web-1')
    await bench.run(pool.release(vmid))
    await bench.tick(pool)
    expect(bench.options(vmid)).toMatchObject({ hostname: 'pool-200', tags: 'cmux-pool;cmux-ready;cmux-t9009' })
    expect(bench.requests.filter((request) => request.endsWith('/rollback'))).toHaveLength(1)
    expect(warnings(bench)).toEqual([])
  })

  it('to which a disk was added is destroyed: the disk would stay', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 1 })
    await bench.tick(pool)
    const { vmid } = await allocate(bench, pool, 'web-1', false)
    const { containers } = bench.client
    // Protected ones can neither be deleted nor get disks.
    await bench.run(containers.update({ vmid, node: NODE }, { set: { protection: false } }))
    await bench.run(containers.update({ vmid, node: NODE }, { set: { mp0: 'local-lvm:1,mp=/data' } }))
    await bench.run(pool.release(vmid))
    await bench.tick(pool)
    expect(warnings(bench).join()).toContain('a disk was left behind')
    expect(bench.states()[vmid]).toBeUndefined()
  })

  it('is destroyed when that is asked for, and a new one takes its place', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 2, release: 'destroy' })
    await bench.tick(pool)
    const { vmid } = await allocate(bench, pool, 'web-1')
    await bench.tick(pool)
    await bench.run(pool.release(vmid))
    await bench.tick(pool)
    expect(bench.states()[vmid]).toBeUndefined()
    expect(Object.values(bench.states())).toEqual(['ready'])
  })

  it('that somebody takes for himself after it was marked is seen a second time, and left alone', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 2, release: 'destroy' })
    await bench.tick(pool)
    const { vmid } = await allocate(bench, pool, 'web-1', false)
    bench.rewrite = (request, body) => {
      const entry = bench.cluster.configs.find(vmid)
      if (request === `GET /nodes/${NODE}/lxc/${vmid}/config` && bench.record(vmid)?.destroy && entry !== undefined) {
        bench.cluster.configs.write(vmid, NODE, withOptions(withDescription(entry.config, 'mine'), { tags: 'mine' }))
      }
      return body
    }
    await bench.run(pool.release(vmid))
    for (let round = 0; round < 3; round++) await later(bench, pool)
    expect(bench.options(vmid)).toMatchObject({ tags: 'mine' })
    expect(bench.requests).not.toContain(`DELETE /nodes/${NODE}/lxc/${vmid}`)
  })

  it('that Proxmox refuses to destroy is alarmed with the reason until it is gone', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 2, release: 'destroy' })
    await bench.tick(pool)
    const { vmid } = await allocate(bench, pool, 'web-1')
    await bench.run(pool.release(vmid))
    bench.refuse = (request) =>
      request.startsWith('DELETE ') ? { status: 500, reason: 'the storage is read-only' } : undefined
    await bench.tick(pool)
    expect(pool.status().alarms).toEqual([])
    await later(bench, pool)
    await later(bench, pool)
    expect(pool.status().alarms).toMatchObject([
      {
        kind: 'destroy-refused',
        vmid,
        template: TEMPLATE,
        message: expect.stringContaining('the storage is read-only'),
      },
    ])
    expect(pool.status().alarms[0]?.message).toContain(`Container ${vmid} `)
    bench.refuse = () => undefined
    await later(bench, pool)
    await later(bench, pool)
    expect(bench.states()[vmid]).toBeUndefined()
    expect(pool.status().alarms).toEqual([])
  })

  it('is destroyed where the storage takes no snapshot', async () => {
    const faults = [
      { on: 'task:vzsnapshot', times: 'always', do: 'fail', message: 'snapshot feature is not available' },
    ]
    const bench = await PoolBench.open({ faults })
    const pool = bench.pool({ target: 1, max: 1 })
    await bench.tick(pool)
    expect(bench.record(200)).toMatchObject({ state: 'ready' })
    expect(bench.record(200)?.pristine).toBeUndefined()
    await bench.run(pool.release((await allocate(bench, pool, 'web-1')).vmid))
    bench.requests.length = 0
    await bench.tick(pool)
    expect(bench.requests).toContain('DELETE /nodes/pve1/lxc/200')
  })

  it('whose lease has ended goes the same way', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 1 })
    await bench.tick(pool)
    const request = { template: toVmid(TEMPLATE), instanceId: 'a', start: true, ttlSeconds: 60, timeout: 60_000 }
    await bench.run(pool.allocate(request, caller))
    await later(bench, pool)
    expect(bench.states()).toEqual({ 200: 'claimed' })
    await later(bench, pool)
    await later(bench, pool)
    expect(bench.states()).toEqual({ 200: 'ready' })
  })
})

describe('a ready container', () => {
  it('that somebody started is rolled back before anyone gets it', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 1 })
    await bench.tick(pool)
    const started = bench.client.containers.start({ vmid: 200, node: NODE })
    await bench.run(started.then((upid) => bench.client.tasks.wait(upid)))
    await later(bench, pool)
    expect(bench.requests.filter((request) => request.endsWith('/rollback'))).toHaveLength(1)
    expect(bench.record(200)).toMatchObject({ state: 'ready', generation: 5 })
  })

  it('whose node has booted since is rolled back: that somebody had it may be what was lost', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 1 })
    await bench.tick(pool)
    bench.cluster.powerCut(bench.cluster.node(NODE))
    await later(bench, pool)
    expect(bench.requests.filter((request) => request.endsWith('/rollback'))).toHaveLength(1)
    expect(bench.states()).toEqual({ 200: 'ready' })
  })

  it('whose node has just booted is made ready once, although the list tells of the boot late', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 2 })
    await bench.tick(pool)
    await bench.clock.advance(5_000)
    bench.cluster.powerCut(bench.cluster.node(NODE))
    const told = bench.clock.now() + 10_000
    bench.rewrite = (request, body) =>
      request.includes('/cluster/resources') && bench.clock.now() < told
        ? body.replace(/"uptime":\d+/g, '"uptime":60')
        : body
    const vmid = await allocated(bench, pool)
    expect(bench.requests.filter((sent) => sent.includes('/200/') && sent.endsWith('/rollback'))).toHaveLength(1)
    expect(bench.states()).toEqual({ 200: 'ready', 201: 'ready', [vmid]: 'claimed' })
  })

  it('that turns out to be unclean is waited for, where there may be no other', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 1 })
    await bench.tick(pool)
    await bench.clock.advance(5_000)
    bench.cluster.powerCut(bench.cluster.node(NODE))
    expect(await allocated(bench, pool)).toBe(200)
    expect(bench.requests.filter((sent) => sent.endsWith('/rollback'))).toHaveLength(1)
  })

  it('of an earlier build goes when new ones are ready', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 2, max: 4 })
    await bench.tick(pool)
    const before = bench.record(200)?.revision
    await bench.run(bench.client.containers.update({ vmid: TEMPLATE, node: NODE }, { set: { memory: 128 } }))
    for (let round = 0; round < 3; round++) await later(bench, pool)
    const revisions = Object.keys(bench.states()).map((vmid) => bench.record(Number(vmid))?.revision)
    expect(revisions).toHaveLength(2)
    expect(revisions).not.toContain(before)
  })

  it('runs when hot ones are wanted, and is one of the ready ones', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 2, hot: 1, probe: { kind: 'address' } })
    await bench.tick(pool)
    expect(pool.status().templates).toMatchObject([{ ready: 2, hot: 1 }])
    expect(bench.record(200)?.tier).toMatchObject({ kind: 'hot' })
    await later(bench, pool)
    expect(pool.status().templates).toMatchObject([{ ready: 2, hot: 1 }])
  })
})

describe('a race that is lost to another change', () => {
  const CHANGED = { status: 500, reason: 'detected modified configuration - file changed by other user? Try again.' }

  it.each(['filling', 'ready'])(
    'is no failure of what it is about, however often: a write to a %s one',
    async (state) => {
      const bench = await PoolBench.open()
      const pool = bench.pool({ target: 1, hot: 1 })
      const isRace = (request: string) =>
        request === `PUT /nodes/${NODE}/lxc/200/config` && bench.record(200)?.state === state
      let races = 0
      bench.refuse = (request) => {
        if (!isRace(request) || races === 5) return undefined
        races++
        return CHANGED
      }
      await bench.tick(pool)
      for (let round = 0; round < 5; round++) {
        expect(pool.status()).toMatchObject({ templates: [{ breaker: 'closed' }], alarms: [] })
        await later(bench, pool)
      }
      expect(races).toBe(5)
      expect(bench.requests.filter((request) => request.endsWith('/clone'))).toHaveLength(1)
      await later(bench, pool)
      expect(pool.status().templates).toMatchObject([{ ready: 1, hot: 1 }])
    },
  )
})

describe('a lock', () => {
  it('with no task behind it is alarmed with the command that removes it', async () => {
    const bench = await PoolBench.open({ faults: [{ on: 'step:vzclone.copy', do: 'kill-worker' }] })
    const pool = bench.pool({ target: 1 })
    await bench.tick(pool)
    for (let round = 0; round < 4; round++) await later(bench, pool)
    expect(pool.status().alarms).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ kind: 'stuck-lock', vmid: 200, remedy: 'On node pve1: pct unlock 200' }),
        expect.objectContaining({ kind: 'stuck-lock', vmid: 9009, remedy: 'On node pve1: pct unlock 9009' }),
      ]),
    )
  })
})

describe('an operator', () => {
  it('pauses and resumes the pool', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool()
    pool.pause()
    await bench.tick(pool)
    expect(bench.states()).toEqual({})
    pool.resume()
    await bench.tick(pool)
    expect(Object.values(bench.states())).toHaveLength(3)
  })

  it('drains it: what nobody holds goes, what somebody holds stays', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool()
    await bench.tick(pool)
    const { vmid } = await allocate(bench, pool, 'web-1')
    await bench.run(pool.drain())
    await bench.tick(pool)
    expect(bench.states()).toEqual({ [vmid]: 'claimed' })
  })

  it('asks for more than the target once', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1, max: 6 })
    await bench.tick(pool)
    expect(await bench.run(pool.warm(toVmid(TEMPLATE), 4))).toMatchObject({ queued: 3, current: 1, target: 1 })
    await bench.tick(pool)
    expect(Object.values(bench.states())).toHaveLength(4)
  })
})

describe('a record', () => {
  it('of another pool in the same range is none of ours', async () => {
    const bench = await PoolBench.open()
    const pool = bench.pool({ target: 1 })
    await bench.tick(pool)
    const record = bench.record(200)
    if (record === undefined) throw new Error('no record')
    const description = withRecord('', { ...record, pool: 'other' })
    await bench.run(
      bench.client.containers.update({ vmid: 200, node: NODE }, { set: { description, tags: 'cmux-pool' } }),
    )
    await later(bench, pool)
    expect(pool.list().map(({ vmid }) => vmid)).toEqual([201])
  })
})
