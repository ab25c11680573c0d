import { fork } from 'node:child_process'
import { once } from 'node:events'
import { systemClock } from '../../src/lib/clock.js'
import { openPool } from '../../src/lib/pool/open-pool.js'
import type { PoolSettings } from '../../src/lib/pool/settings.js'
import { createPveClient } from '../../src/lib/pve/client.js'
import { createTransport } from '../../src/lib/pve/transport.js'
import type { ApiSettings } from '../../src/lib/settings/settings.js'
import type { Line } from './measure.js'

const CROWD = 10_000
const FIRST = 10_000
const TEMPLATE = 9000
const TICKS = 20
/** Ticks before, in which the code is compiled. */
const WARM_UP = 5

const POLICY = { min: 1, target: 1, max: 2 * CROWD, hot: 0, release: 'rollback', probe: { kind: 'address' } } as const
const SETTINGS: PoolSettings = {
  name: 'bench',
  templates: new Map([[TEMPLATE, POLICY]]),
  defaults: POLICY,
  interval: 30_000,
  vmids: { start: FIRST, end: FIRST + 2 * CROWD },
  hostnamePrefix: 'pool-',
  cloneRetries: { attempts: 3, delay: 500, jitter: 100 },
}

/** What a tick costs this process when nothing has changed: the list of ten thousand pooled containers over a real connection, and the look at each. */
export async function ticks(): Promise<readonly Line[]> {
  const simulator = fork('scripts/run.mjs', ['bench/pool/crowded-simulator.ts'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [api] = (await once(simulator, 'message')) as [ApiSettings]
  const transport = createTransport(api.url, api.tls)
  let requests = 0
  const client = createPveClient(api, {
    transport: {
      send: (request, signal) => {
        requests++
        return transport.send(request, signal)
      },
      close: () => transport.close(),
    },
  })
  const pool = await openPool({ client, settings: SETTINGS, clock: systemClock, random: Math.random, owner: 'bench' })
  try {
    await pool.tick()
    simulator.send({ model: FIRST, count: CROWD - 1 })
    await once(simulator, 'message')
    await pool.tick()
    const ready = pool.list().filter(({ state }) => state === 'ready').length
    if (ready !== CROWD) throw new Error(`${ready} of ${CROWD} containers are ready`)
    for (let tick = 0; tick < WARM_UP; tick++) await pool.tick()
    requests = 0
    const before = process.cpuUsage()
    for (let tick = 0; tick < TICKS; tick++) await pool.tick()
    const { user, system } = process.cpuUsage(before)
    const each = (user + system) / 1000 / TICKS
    return [
      line('CPU of a tick over 10,000 pooled containers without a change', each, 50, 'ms'),
      line('requests of such a tick', requests / TICKS, 1, 'requests'),
    ]
  } finally {
    await pool.close()
    await client.close()
    simulator.disconnect()
    await once(simulator, 'exit')
  }
}

const line = (name: string, value: number, target: number, unit: Line['unit']): Line => ({
  ...{ name, value, target, unit },
  measured: value,
  at: 'most',
})
