import { describe, expect, it } from 'vitest'
import type { GuestAccess } from '../../../src/lib/pool/guest-access.js'
import type { RunningPool } from '../../../src/lib/pool/open-pool.js'
import type { Probe } from '../../../src/lib/pool/settings.js'
import { PoolBench } from '../../support/pool-bench.js'

/** Containers of which a test says when they answer. */
class Guests implements GuestAccess {
  readonly asked: string[] = []
  /** So many questions get no good answer first. */
  deaf = 0

  async run(_container: unknown, argv: readonly string[]) {
    this.asked.push(argv.join(' '))
    return { exitCode: this.#answers() ? 0 : 1, stdout: '', stderr: '' }
  }

  async connects(address: string, port: number) {
    this.asked.push(`${address}:${port}`)
    return this.#answers()
  }

  #answers(): boolean {
    return this.deaf === 0 || --this.deaf === 0
  }
}

async function heated(probe: Probe, guests?: Guests): Promise<{ bench: PoolBench; pool: RunningPool }> {
  const bench = await PoolBench.open()
  const pool = bench.pool({ target: 1, max: 2, hot: 1, probe }, {}, undefined, guests)
  await bench.tick(pool)
  return { bench, pool }
}

async function later(bench: PoolBench, pool: RunningPool, milliseconds = 30_000): Promise<void> {
  await bench.clock.advance(milliseconds)
  await bench.tick(pool)
}

const TCP: Probe = { kind: 'tcp', port: 8080 }
const COMMAND: Probe = { kind: 'command', argv: ['systemctl', 'is-active', 'web'] }

describe('a container that is made hot', () => {
  it('is ready when its port takes connections, at the address that it has, and not before', async () => {
    const guests = new Guests()
    guests.deaf = 4
    const { bench, pool } = await heated(TCP, guests)
    expect(guests.asked).toHaveLength(4)
    expect(new Set(guests.asked).size).toBe(1)
    expect(guests.asked[0]).toMatch(/^\d+\.\d+\.\d+\.\d+:8080$/)
    expect(guests.asked[0]).not.toMatch(/^127\./)
    expect(pool.status().templates).toMatchObject([{ ready: 1, hot: 1 }])
    expect(bench.events.filter(({ kind }) => kind === 'alarm')).toEqual([])
  })

  it('is ready when the command inside succeeds, and not before', async () => {
    const guests = new Guests()
    guests.deaf = 3
    const { pool } = await heated(COMMAND, guests)
    expect(guests.asked).toEqual(Array(3).fill('systemctl is-active web'))
    expect(pool.status().templates).toMatchObject([{ ready: 1, hot: 1 }])
  })

  it.each([TCP, COMMAND])(
    'is never ready when its probe never succeeds, which is alarmed by its reason: %o',
    async (probe) => {
      const guests = new Guests()
      guests.deaf = Number.POSITIVE_INFINITY
      const { bench, pool } = await heated(probe, guests)
      for (let round = 0; round < 3; round++) await later(bench, pool)
      expect(pool.status()).toMatchObject({
        templates: [{ hot: 0, breaker: 'closed' }],
        alarms: [{ kind: 'breaker', template: 9009, message: expect.stringMatching(/hot failed \d times.*90 s/) }],
      })
      // A stopped one serves meanwhile.
      await later(bench, pool)
      expect(pool.status().templates).toMatchObject([{ ready: 1 }])
    },
  )

  it('is tried again after a while, one at a time, and the alarm ends when it succeeds', async () => {
    const guests = new Guests()
    guests.deaf = Number.POSITIVE_INFINITY
    const { bench, pool } = await heated(TCP, guests)
    for (let round = 0; round < 3; round++) await later(bench, pool)
    expect(pool.status().alarms).toMatchObject([{ kind: 'breaker' }])
    guests.deaf = 0
    for (let round = 0; round < 4; round++) await later(bench, pool, 60_000)
    expect(pool.status()).toMatchObject({ templates: [{ ready: 1, hot: 1 }], alarms: [] })
  })

  it('needs a way in for such a probe, and says so', async () => {
    const { bench, pool } = await heated(TCP)
    for (let round = 0; round < 3; round++) await later(bench, pool)
    expect(pool.status().alarms).toMatchObject([
      { kind: 'breaker', message: expect.stringMatching(/TCP port 8080.*needs a way into containers/) },
    ])
  })
})
