import { afterEach, expect, test } from 'vitest'
import type { Clock } from '../../../../src/lib/clock.js'
import { createLog } from '../../../../src/lib/pool/daemon/observe/log.js'
import { createMetrics } from '../../../../src/lib/pool/daemon/observe/metrics.js'
import { runDaemon } from '../../../../src/lib/pool/daemon/run.js'
import { openPool } from '../../../../src/lib/pool/open-pool.js'
import type { PoolSettings, TemplatePolicy } from '../../../../src/lib/pool/settings.js'
import { createPveClient } from '../../../../src/lib/pve/client.js'
import { addTemplate } from '../../../../src/lib/simulator/premade.js'
import type { Simulator } from '../../../../src/lib/simulator/serve.js'
import { burst, type Heard } from '../../../support/daemon-burst.js'
import { MemoryWatch } from '../../../support/memory-watch.js'
import { addPooled } from '../../../support/pooled-crowd.js'
import { startTestSimulator } from '../../../support/simulator.js'

const TEMPLATE = 9000
const FIRST = 200
const READY = 200
const CALLERS = 2_000
const RELEASED = 8
const MIB = 1024 * 1024

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A simulator that takes its time, and counts what it has in hand at once. */
async function countingSimulator() {
  const simulator = await startTestSimulator({
    latency: 'realistic',
    // Long enough that as many as may be are under way together.
    faults: [{ on: 'task:vzdestroy', times: 'always', do: 'delay', ms: 500 }],
    // No faster: a second that a busy machine is late with is four of the simulator's then, and no call is given up for that.
    timeScale: 4,
  })
  closers.push(() => simulator.close())
  const { PVE_OSTEMPLATE: osTemplate = '', PVE_STORAGE: storage = '' } = simulator.environmentVariables
  await addTemplate(simulator.cluster, simulator.router, { osTemplate, storage })
  const { router, cluster } = simulator
  const most = { writes: 0, clones: 0, destroys: 0 }
  let writes = 0
  const perform = router.perform.bind(router)
  router.perform = async (admitted, body) => {
    if (admitted.head.method === 'GET') return perform(admitted, body)
    most.writes = Math.max(most.writes, ++writes)
    const answer = await perform(admitted, body).finally(() => writes--)
    const running = [...cluster.nodes.values()].flatMap(({ tasks }) => tasks.list({ source: 'active' }).entries)
    const count = (type: string) => running.filter((task) => task.type === type && task.endtime === undefined).length
    most.clones = Math.max(most.clones, count('vzclone'))
    most.destroys = Math.max(most.destroys, count('vzdestroy'))
    return answer
  }
  return { simulator, most }
}

/** Time limits are ten times as long: what a machine with much else to do is late with is not lost. */
const patient = (clock: Clock): Clock => ({
  now: () => clock.now(),
  sleep: (ms, signal) => clock.sleep(ms >= 1_000 ? 10 * ms : ms, signal),
})

/** A pool whose containers are all ready, behind its daemon on a real socket. */
async function daemonWithAllReady({ cluster, url, token, fingerprint }: Simulator) {
  const clock = patient(cluster.clock)
  const client = createPveClient({ url, token, tls: { verify: true, fingerprint } }, { clock })
  closers.push(() => client.close())
  const policy = (target: number): TemplatePolicy => ({
    ...{ min: 0, target, max: READY, hot: 0, release: 'destroy', probe: { kind: 'address' } },
  })
  const settings = (target: number): PoolSettings => ({
    ...{ name: 'burst', interval: 30_000, hostnamePrefix: 'pool-', vmids: { start: FIRST, end: FIRST + 2 * READY } },
    templates: new Map([[TEMPLATE, policy(target)]]),
    defaults: policy(target),
    cloneRetries: { attempts: 3, delay: 500, jitter: 100 },
  })
  const open = (owner: string, target: number) =>
    openPool({ client, settings: settings(target), clock, random: Math.random, owner })
  const maker = await open('maker', 1)
  await maker.tick()
  await maker.close()
  addPooled(cluster, FIRST, READY - 1)
  const pool = await open('daemon', READY)
  closers.push(() => pool.close())
  await pool.tick()
  expect(pool.list().filter(({ state }) => state === 'ready')).toHaveLength(READY)

  const stop = new AbortController()
  const metrics = createMetrics()
  metrics.watch(pool)
  let requests = 0
  let heard: (url: string) => void = () => undefined
  const listening = new Promise<string>((resolve) => {
    heard = resolve
  })
  const ended = runDaemon({
    ...{ pool, clock, metrics, manager: undefined, version: '0.0.0', signal: stop.signal, interval: 30_000 },
    settings: { listen: { host: '127.0.0.1', port: 0 }, tokens: [] },
    log: createLog({ level: 'error', secrets: [], write: () => undefined }).log,
    newRequestId: () => `request-${++requests}`,
    onListening: heard,
  })
  closers.push(() => {
    stop.abort()
    return ended
  })
  return { pool, url: await listening }
}

const isRefusal = (heard: Heard): boolean => heard.status === 503 || heard.status === 429

test('of 2,000 allocates at once over 2,000 connections 200 get a container, and the others are told when to come back', async () => {
  const { simulator, most } = await countingSimulator()
  const { pool, url } = await daemonWithAllReady(simulator)
  const memory = new MemoryWatch(100 * MIB)
  pool.onEvent(() => memory.look())
  const heard = await burst(
    url,
    Array.from({ length: CALLERS }, (_, index) => ({
      path: '/allocate?start=false',
      body: { template_vmid: TEMPLATE, instance_id: `vm-${index}` },
    })),
  )
  const served = heard.flatMap((one) => (one.status === 200 ? [Number(one.body['vmid'])] : []))
  expect(served).toHaveLength(READY)
  expect(new Set(served).size).toBe(READY)
  const refused = heard.filter(({ status }) => status !== 200)
  expect(refused).toHaveLength(CALLERS - READY)
  expect(refused.filter((one) => !isRefusal(one))).toEqual([])
  for (const one of refused) expect('retryAfter' in one && Number(one.retryAfter)).toBeGreaterThan(0)
  expect(pool.list().filter(({ state }) => state === 'claimed')).toHaveLength(READY)
  expect(memory.growth).toBeLessThan(100 * MIB)

  // They are destroyed, and new ones are made in their places.
  let filled = 0
  const allFilled = new Promise<void>((resolve) => {
    pool.onEvent(({ kind }) => {
      if (kind === 'filled' && ++filled === RELEASED) resolve()
    })
  })
  const releases = served.slice(0, RELEASED).map((vmid) => ({ path: `/release/${vmid}`, body: {} }))
  expect((await burst(url, releases)).map(({ status }) => status)).toEqual(releases.map(() => 200))
  await allFilled
  expect(most).toEqual({ writes: 3, clones: 1, destroys: 4 })
}, 60_000)
