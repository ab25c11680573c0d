import { describe, expect, test } from 'vitest'
import { POOL_USER, poolRoles, roleScript } from '../../../../src/lib/pool/install/role.js'
import { toVmid } from '../../../../src/lib/pve/vmid.js'
import type { Grant } from '../../../../src/lib/simulator/api/access-config.js'
import { POLICY, PoolBench } from '../../../support/pool-bench.js'
import { grantsOf } from '../../../support/pveum.js'

const PLACES = { bridge: 'vmbr0' }
const TOKEN = { id: `${POOL_USER}!daemon`, secret: '11111111-2222-3333-4444-555555555555' }
const TEMPLATE = 9010
const NEEDED = poolRoles(PLACES).flatMap(({ path, privileges }) => privileges.map((name) => [name, path] as const))

/** Everything that a pool does in its life. Gives what it was refused, how far it came, and what it saw of the nodes. */
async function liveAllOfIt(grants: readonly Grant[]) {
  const bench = await PoolBench.open({ token: TOKEN, access: { users: [{ id: POOL_USER, grants }] } })
  await bench.template(TEMPLATE, { net0: 'name=eth0,bridge=vmbr0,ip=dhcp' })
  await bench.clock.advance(60_000)
  const pool = bench.pool({}, { templates: new Map([[TEMPLATE, { ...POLICY, hot: 1, max: 8 }]]) })
  const caller = { requestId: 'r1', client: 'test', signal: new AbortController().signal }
  const request = { template: toVmid(TEMPLATE), timeout: 60_000 }
  const ticks = async (count: number) => {
    for (let tick = 0; tick < count; tick++) {
      await bench.tick(pool).catch(() => undefined)
      await bench.clock.advance(30_000)
    }
  }
  await ticks(6)
  const filled = pool.status()
  const lived = async () => {
    const hot = await bench.run(pool.allocate({ ...request, instanceId: 'hot-1', start: true }, caller))
    const cold = await bench.run(pool.allocate({ ...request, instanceId: 'cold-1', start: true }, caller))
    await bench.run(pool.renew(hot.vmid, { ttlSeconds: 60 }))
    await bench.run(pool.release(hot.vmid))
    await bench.run(pool.remove(cold.vmid))
    await ticks(4)
    await bench.run(pool.collectGarbage({ act: true }))
    await bench.run(pool.drain())
    await ticks(6)
  }
  const outcome = await lived().then(
    () => 'lived' as const,
    (error: unknown) => String(error),
  )
  const daemon = bench.clientOf(TOKEN)
  const nodes = await bench.run(daemon.cluster.resources('node'))
  const left = pool.list().length
  await bench.run(pool.close())
  await bench.cluster.close()
  return { outcome, filled, left, refusals: bench.refusals, seesUptime: nodes.every(({ uptime = 0 }) => uptime > 0) }
}

describe('the role of the daemon', () => {
  test('allows everything that a pool does in its life, and nothing is refused', async () => {
    const { outcome, filled, left, refusals, seesUptime } = await liveAllOfIt(
      await grantsOf(roleScript(PLACES), POOL_USER),
    )
    expect(refusals).toEqual([])
    expect(outcome).toBe('lived')
    expect(filled).toMatchObject({
      cluster: { reachable: true, quorate: true },
      templates: [{ ready: 3, hot: 1 }],
    })
    expect(left).toBe(0)
    expect(seesUptime).toBe(true)
  })

  test.each(NEEDED)('needs %s on %s', async (name, path) => {
    const grants = (await grantsOf(roleScript(PLACES), POOL_USER)).map((grant) =>
      grant.path === path ? { path, privileges: grant.privileges?.filter((one) => one !== name) ?? [] } : grant,
    )
    const { outcome, seesUptime, refusals } = await liveAllOfIt(grants)
    if (name === 'Sys.Audit') return expect(seesUptime).toBe(false)
    expect(outcome).not.toBe('lived')
    // What may not be seen is not there: then nothing is refused either.
    if (name !== 'VM.Audit') expect(refusals.length).toBeGreaterThan(0)
  })

  test('is given on the storage alone where that is known', async () => {
    const granted = await grantsOf(roleScript({ ...PLACES, storage: 'local-lvm' }), POOL_USER)
    expect(granted.map(({ path }) => path)).toEqual([
      '/vms',
      '/storage/local-lvm',
      '/sdn/zones/localnetwork/vmbr0',
      '/nodes',
    ])
  })
})
