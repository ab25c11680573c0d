import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../../src/lib/clock.js'
import { CmuxError } from '../../../../src/lib/errors.js'
import { burst, openLoop } from '../../../../src/lib/pool/load/arrivals.js'
import { percentiles, reportOf } from '../../../../src/lib/pool/load/report.js'
import { runLoad } from '../../../../src/lib/pool/load/run.js'
import type { Allocation } from '../../../../src/lib/pool/pool.js'
import { toVmid } from '../../../../src/lib/pve/vmid.js'

const allocation = (vmid: number, fromPool = true): Allocation => ({
  vmid: toVmid(vmid),
  node: 'pve1',
  hostname: `ct${vmid}`,
  instanceId: `ct${vmid}`,
  template: toVmid(9009),
  fromPool,
  tier: 'stopped',
  status: 'running',
  claimId: 'claim',
  stages: { queue: 1, claim: 2, start: 3, inject: 0 },
})

/** Time that passes only where somebody sleeps. */
function sleepingClock(): Clock {
  let now = 0
  return {
    now: () => now,
    async sleep(ms, signal) {
      signal?.throwIfAborted()
      now += ms
    },
  }
}

const options = (signal = new AbortController().signal) => ({
  template: 9009,
  start: true,
  hold: 0,
  timeout: 1000,
  clock: sleepingClock(),
  signal,
})

describe('requests of an open loop', () => {
  test('come at the rate asked for, in order, and end in time', () => {
    let state = 1
    const random = () => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
    const arrivals = openLoop(100, 60_000, random)
    expect(arrivals.length).toBeGreaterThan(5_600)
    expect(arrivals.length).toBeLessThan(6_400)
    expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b))
    expect(arrivals.at(-1)).toBeLessThan(60_000)
  })

  test('are asked whether or not those before were answered', async () => {
    let open = 0
    let most = 0
    let answer = () => {}
    const all = new Promise<void>((resolve) => {
      answer = resolve
    })
    const pool = {
      async allocate() {
        most = Math.max(most, ++open)
        if (open === 20) answer()
        await all
        return allocation(200 + open)
      },
      release: async () => ({ vmid: toVmid(201), node: 'pve1', already: false }),
    }
    await runLoad(pool, { ...options(), arrivals: Array.from({ length: 20 }, (_, index) => index * 10) })
    expect(most).toBe(20)
  })
})

describe('what a load was handed', () => {
  /** Hands out every second one. */
  function flaky() {
    const held = new Set<number>()
    let asked = 0
    return {
      held,
      async allocate() {
        if (++asked % 2 === 0) throw new CmuxError('exhausted', 'full')
        held.add(200 + asked)
        return allocation(200 + asked, asked === 1)
      },
      async release(vmid: number) {
        held.delete(vmid)
        return { vmid: toVmid(vmid), node: 'pve1', already: false }
      },
    }
  }

  test('is given back, and failures are counted by their code', async () => {
    const pool = flaky()
    const report = reportOf(await runLoad(pool, { ...options(), arrivals: burst(10) }))
    expect(pool.held.size).toBe(0)
    expect(report).toMatchObject({ requests: 10, succeeded: 5, failed: { exhausted: 5 }, hitRate: 0.2, hotRate: 0 })
    expect(report.stages.claim).toEqual({ p50: 2, p95: 2, p99: 2, max: 2 })
  })

  test('is given back when the load is interrupted', async () => {
    const pool = flaky()
    const interrupted = new AbortController()
    const allocate = async () => {
      const handed = await pool.allocate()
      interrupted.abort(new CmuxError('interrupted', 'enough'))
      return handed
    }
    const load = runLoad({ ...pool, allocate }, { ...options(interrupted.signal), hold: 1000, arrivals: burst(1) })
    await expect(load).rejects.toThrow('enough')
    expect(pool.held.size).toBe(0)
  })
})

test('percentiles are values that were measured, in order, and the last is the largest', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1 }), (values) => {
      const { p50, p95, p99, max } = percentiles(values)
      expect(max).toBe(Math.max(...values))
      for (const one of [p50, p95, p99]) expect(values).toContain(one)
      expect([p50, p95, p99, max]).toEqual([p50, p95, p99, max].toSorted((a, b) => a - b))
      expect(values.filter((value) => value <= p50).length).toBeGreaterThanOrEqual(values.length / 2)
    }),
  )
  expect(percentiles([])).toEqual({ p50: 0, p95: 0, p99: 0, max: 0 })
})
