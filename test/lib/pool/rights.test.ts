import { describe, expect, it } from 'vitest'
import { unreadyReasons } from '../../../src/lib/pool/daemon/life/readiness.js'
import type { RunningPool } from '../../../src/lib/pool/open-pool.js'
import type { TemplatePolicy } from '../../../src/lib/pool/settings.js'
import { toVmid } from '../../../src/lib/pve/client.js'
import { statusText } from '../../../src/lib/ui/pool-text.js'
import { PoolBench, TEMPLATE } from '../../support/pool-bench.js'

const TOKEN = { id: 'pool@pve!daemon', secret: '11111111-2222-3333-4444-555555555555' }
const ACCESS = { users: [{ id: 'pool@pve', grants: [{ path: '/', role: 'Administrator' }] }] }
const caller = { requestId: 'r1', client: 'me', signal: new AbortController().signal }

const allocate = (pool: RunningPool, instanceId: string) =>
  pool.allocate({ template: toVmid(TEMPLATE), instanceId, start: true, timeout: 110_000 }, caller)

/** A pool with a token of its own, that runs. */
async function served(policy: Partial<TemplatePolicy> = {}) {
  const bench = await PoolBench.open({ token: TOKEN, access: ACCESS })
  const pool = bench.pool(policy)
  const stop = new AbortController()
  const running = pool.run(stop.signal)
  await bench.clock.advance(60_000)
  return {
    bench,
    pool,
    end: () => {
      stop.abort()
      return bench.run(running)
    },
  }
}

const exchangeSecret = ({ cluster }: PoolBench, secret: string) =>
  cluster.access.addToken({ ...TOKEN, secret, privsep: false })

/** A privilege-separated token has its own grants only, and this one has none. */
const takeRights = ({ cluster }: PoolBench) => cluster.access.addToken({ ...TOKEN, privsep: true })
const giveRights = ({ cluster }: PoolBench) => cluster.access.addToken({ ...TOKEN, privsep: false })

async function refusalOf(bench: PoolBench, pool: RunningPool, instanceId: string) {
  const began = bench.clock.now()
  const error = await bench.run(allocate(pool, instanceId).catch((reason: unknown) => reason))
  return { error, took: bench.clock.now() - began }
}

const errors = ({ log }: PoolBench) => log.filter(({ level }) => level === 'error' || level === 'warn')

describe('a token that is refused', () => {
  it('is named by alarm, log and readiness with the way out, and never its secret', async () => {
    const { bench, pool, end } = await served()
    exchangeSecret(bench, 'another')
    await bench.clock.advance(60_000)
    const status = pool.status()
    expect(status).toMatchObject({
      cluster: { reachable: true, refuses: 'token' },
      alarms: [
        {
          kind: 'refused',
          message: expect.stringMatching(/refused the token pool@pve!daemon: /),
          remedy: expect.stringContaining('pveum user token add'),
        },
      ],
    })
    expect(unreadyReasons(status, false)).toEqual([expect.stringMatching(/refuses the token.*PVE_API_TOKEN/)])
    expect(statusText(status, bench.clock.now()).join()).toContain('REFUSES THE TOKEN')
    expect(errors(bench).map(({ message }) => message)).toEqual([expect.stringContaining('refused the token')])
    expect(JSON.stringify([status, bench.log, bench.events])).not.toContain(TOKEN.secret)
    await end()
  })

  it('lets allocates be refused at once, whether or not one is ready, and waiting ones soon', async () => {
    const { bench, pool, end } = await served({ min: 0, target: 0 })
    bench.refuse = (request) =>
      request.endsWith('/clone') ? { status: 596, reason: 'Connection timed out' } : undefined
    const waiting = allocate(pool, 'patient').catch((error: unknown) => error)
    await bench.clock.advance(1_000)
    exchangeSecret(bench, 'another')
    const began = bench.clock.now()
    expect(await bench.run(waiting)).toMatchObject({
      code: 'unavailable',
      exitCode: 4,
      data: expect.objectContaining({ because: 'unauthorised' }),
      message: expect.stringContaining('refused the token'),
    })
    expect(bench.clock.now() - began).toBeLessThan(40_000)
    const { error, took } = await refusalOf(bench, pool, 'late')
    expect(error).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('refused the token'),
      hint: expect.stringContaining('pveum'),
    })
    expect(took).toBeLessThan(1_000)
    await end()
  })

  it('is used again by itself when it works', async () => {
    const { bench, pool, end } = await served()
    exchangeSecret(bench, 'another')
    expect((await refusalOf(bench, pool, 'early')).error).toMatchObject({ code: 'unavailable' })
    await bench.clock.advance(60_000)
    exchangeSecret(bench, TOKEN.secret)
    await bench.clock.advance(6_000)
    expect(pool.status()).toMatchObject({ cluster: { reachable: true }, alarms: [] })
    expect(unreadyReasons(pool.status(), false)).toEqual([])
    expect(await bench.run(allocate(pool, 'early'))).toMatchObject({ hostname: 'early', status: 'running' })
    await end()
  })
})

describe('a token that has lost its privileges', () => {
  it('is told from an empty cluster: nothing known is forgotten, and what is missing is named', async () => {
    const { bench, pool, end } = await served()
    takeRights(bench)
    bench.requests.length = 0
    await bench.clock.advance(35_000)
    expect(pool.list()).toHaveLength(3)
    const status = pool.status()
    expect(status).toMatchObject({
      cluster: { refuses: 'privilege' },
      alarms: [{ kind: 'refused', message: expect.stringContaining('VM.Audit on /vms/') }],
    })
    expect(unreadyReasons(status, false)).toEqual([expect.stringMatching(/privilege/)])
    const { error, took } = await refusalOf(bench, pool, 'web-1')
    expect(error).toMatchObject({ code: 'unavailable', exitCode: 4, message: expect.stringContaining('lacks') })
    expect(took).toBeLessThan(1_000)
    giveRights(bench)
    await bench.clock.advance(35_000)
    expect(pool.status()).toMatchObject({ cluster: { reachable: true }, alarms: [] })
    expect(await bench.run(allocate(pool, 'web-1'))).toMatchObject({ status: 'running' })
    expect(Object.values(bench.states()).filter((state) => state === 'claimed')).toHaveLength(1)
    await end()
  })

  it('for cloning alone still hands out what is ready, tries again every half minute and opens no breaker', async () => {
    const { bench, pool, end } = await served({ target: 1, max: 3 })
    let lacks = true
    bench.refuse = (request) =>
      lacks && request.endsWith('/clone')
        ? { status: 403, reason: 'Permission check failed (/vms/9009, VM.Clone)' }
        : undefined
    expect(await bench.run(allocate(pool, 'web-1'))).toMatchObject({ fromPool: true })
    bench.requests.length = 0
    await bench.clock.advance(100_000)
    const clones = bench.requests.filter((request) => request.endsWith('/clone')).length
    expect(clones).toBeGreaterThanOrEqual(2)
    expect(clones).toBeLessThanOrEqual(4)
    expect(pool.status()).toMatchObject({
      cluster: { refuses: 'privilege' },
      templates: [{ breaker: 'closed' }],
      alarms: [{ kind: 'refused', message: expect.stringContaining('VM.Clone on /vms/9009') }],
    })
    const { error, took } = await refusalOf(bench, pool, 'web-2')
    expect(error).toMatchObject({ code: 'unavailable', exitCode: 4, message: expect.stringContaining('VM.Clone') })
    expect(took).toBeLessThan(1_000)
    lacks = false
    await bench.clock.advance(36_000)
    expect(pool.status()).toMatchObject({ templates: [{ ready: 1 }], alarms: [] })
    await end()
  })

  it('for one container alone goes on with the others', async () => {
    const { bench, pool, end } = await served({ target: 3, max: 3 })
    bench.rewrite = (request, body) =>
      request === 'GET /cluster/resources' ? body.replaceAll(/\{[^{}]*"vmid":200[^{}]*\},?/g, '') : body
    bench.refuse = (request) =>
      request === 'GET /nodes/pve1/lxc/200/config'
        ? { status: 403, reason: 'Permission check failed (/vms/200, VM.Audit)' }
        : undefined
    await bench.clock.advance(60_000)
    expect(unreadyReasons(pool.status(), false)).toEqual([])
    bench.rewrite = (_, body) => body
    await end()
  })
})
