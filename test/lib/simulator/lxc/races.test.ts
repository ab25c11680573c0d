import { afterEach, describe, expect, test } from 'vitest'
import { Faults } from '../../../../src/lib/simulator/faults.js'
import { createBuiltinGuests } from '../../../../src/lib/simulator/guest/builtin.js'
import { seededRandom } from '../../../../src/lib/simulator/random.js'
import { VirtualClock } from '../../../../src/lib/simulator/virtual-clock.js'
import { Engine } from '../../../support/engine.js'

const LXC = '/nodes/pve1/lxc'

let engine: Engine
afterEach(() => engine.close())

async function open(faults: readonly unknown[] = []): Promise<void> {
  engine = await Engine.open({ latency: 'realistic', faults: Faults.parse(faults) })
}

describe('clones', () => {
  test('of five clones of one template at once one is accepted and four are refused by the call itself', async () => {
    await open()
    await engine.template(100)
    const calls = [101, 102, 103, 104, 105].map((newid) => engine.request('POST', `${LXC}/100/clone`, { newid }))
    const answers = await engine.clock.settled(Promise.all(calls))
    const reasons = answers.map((answer) => (answer === 'drop' ? answer : answer.reason))
    expect(reasons.filter((reason) => reason === 'OK')).toHaveLength(1)
    expect(reasons.filter((reason) => reason === 'CT is locked (disk)')).toHaveLength(4)
    await engine.clock.advance(2000)
    expect([...engine.cluster.configs.onNode('pve1')]).toHaveLength(2)
  })

  test('a change of the source or the target is refused while a clone copies', async () => {
    await open()
    await engine.container(100)
    const upid = await engine.begin('POST', `${LXC}/100/clone`, { newid: 101 })
    expect((await engine.call('PUT', `${LXC}/100/config`, { tags: 'x' })).reason).toBe('CT is locked (disk)')
    expect((await engine.call('PUT', `${LXC}/101/config`, { tags: 'x' })).reason).toBe('CT is locked (create)')
    expect(await engine.end(upid)).toBe('OK')
    expect((await engine.call('PUT', `${LXC}/100/config`, { tags: 'x' })).status).toBe(200)
  })

  test('a clone that fails in the middle removes what it made and unlocks its source', async () => {
    await open([{ on: 'step:vzclone.copy', where: { vmid: 100 }, nth: 2, do: 'fail', message: 'disk on fire' }])
    await engine.template(100)
    expect(await engine.task('POST', `${LXC}/100/clone`, { newid: 101 })).toBe('OK')
    expect(await engine.task('POST', `${LXC}/100/clone`, { newid: 102 })).toBe('clone failed: disk on fire')
    expect(engine.options(102)).toBeUndefined()
    expect(engine.options(100)?.['lock']).toBeUndefined()
    expect(engine.guests.volumes.has('local-btrfs:102/vm-102-disk-0.raw')).toBe(false)
    expect(await engine.task('POST', `${LXC}/100/clone`, { newid: 102 })).toBe('OK')
  })

  test('a killed worker leaves the locks of source and target for ever', async () => {
    await open([{ on: 'step:vzclone.copy', do: 'kill-worker' }])
    await engine.template(100)
    const upid = await engine.begin('POST', `${LXC}/100/clone`, { newid: 101 })
    expect(await engine.end(upid)).toBe('unexpected status')
    expect(engine.log(upid).some((line) => line.startsWith('TASK '))).toBe(false)
    await engine.clock.advance(60_000)
    expect(engine.options(100)?.['lock']).toBe('disk')
    expect(engine.options(101)?.['lock']).toBe('create')
    expect((await engine.call('DELETE', `${LXC}/101`)).reason).toBe('CT is locked (create)')
    expect((await engine.call('PUT', `${LXC}/100/config`, { delete: 'lock' })).reason).toBe('CT is locked (disk)')
  })

  test('a stopped task cleans up behind itself', async () => {
    await open()
    await engine.container(100)
    const upid = await engine.begin('POST', `${LXC}/100/clone`, { newid: 101 })
    await engine.clock.advance(200)
    expect((await engine.call('DELETE', `/nodes/pve1/tasks/${upid}`)).data).toBeNull()
    expect(await engine.end(upid)).toBe('clone failed: interrupted by signal')
    expect(engine.options(101)).toBeUndefined()
    expect(engine.options(100)?.['lock']).toBeUndefined()
  })

  test('a limit of the bandwidth makes a full clone take as long as its bytes need', async () => {
    await open()
    await engine.container(100)
    const upid = await engine.begin('POST', `${LXC}/100/clone`, { newid: 101, bwlimit: 100 })
    await engine.clock.advance(10_000)
    expect(engine.node.tasks.isActive(upid)).toBe(true)
    expect(await engine.end(upid)).toBe('OK')
  })

  test('a refused clone leaves neither a container nor a lock', async () => {
    await open()
    await engine.container(100, { rootfs: 'local:1' })
    const refusal = await engine.call('POST', `${LXC}/100/clone`, { newid: 101, full: 0 })
    expect(refusal.reason).toBe("Linked clone feature for 'local:100/vm-100-disk-0.raw' is not available")
    expect(engine.options(101)).toBeUndefined()
    expect(engine.options(100)?.['lock']).toBeUndefined()
  })
})

describe('the lock file of a container', () => {
  test('a change waits while a stop runs, and is applied after it', async () => {
    await open()
    await engine.container(100)
    await engine.task('POST', `${LXC}/100/status/start`)
    const stop = await engine.begin('POST', `${LXC}/100/status/stop`)
    await engine.clock.advance(100)
    const change = engine.request('PUT', `${LXC}/100/config`, { tags: 'x' })
    await engine.clock.advance(100)
    expect(engine.options(100)?.['tags']).toBeUndefined()
    expect(await engine.clock.settled(change)).toMatchObject({ status: 200 })
    expect(engine.node.tasks.isActive(stop)).toBe(false)
    expect(engine.options(100)?.['tags']).toBe('x')
  })

  test('who waits for ten seconds gives up', async () => {
    await open([{ on: 'step:vzstop.kill', do: 'delay', ms: 60_000 }])
    await engine.container(100)
    await engine.task('POST', `${LXC}/100/status/start`)
    await engine.begin('POST', `${LXC}/100/status/stop`)
    await engine.clock.advance(100)
    const began = engine.clock.now()
    const { status, reason } = await engine.call('PUT', `${LXC}/100/config`, { tags: 'x' })
    expect({ status, reason }).toEqual({
      status: 500,
      reason: "can't lock file '/run/lock/lxc/pve-config-100.lock' - got timeout",
    })
    expect(engine.clock.now() - began).toBe(10_000)
  })

  test('a stop right after a rollback that starts meets the start, which waits for the mount', async () => {
    await open()
    await engine.container(100)
    await engine.task('POST', `${LXC}/100/status/start`)
    await engine.task('POST', `${LXC}/100/snapshot`, { snapname: 'live' })
    expect(await engine.task('POST', `${LXC}/100/snapshot/live/rollback`, { start: 1 })).toBe('OK')
    await engine.clock.advance(300)
    const stop = await engine.begin('POST', `${LXC}/100/status/stop`)
    expect(await engine.end(stop)).toBe("can't lock file '/run/lock/lxc/pve-config-100.lock' - got timeout")
    expect(engine.log(stop)[0]).toBe('trying to acquire lock...')
  })

  test('a task that waited says so on one line', async () => {
    await open()
    await engine.container(100)
    await engine.task('POST', `${LXC}/100/status/start`)
    const first = await engine.begin('POST', `${LXC}/100/status/stop`)
    const second = await engine.begin('POST', `${LXC}/100/snapshot`, { snapname: 's1' })
    expect(await engine.end(second)).toBe('OK')
    expect(engine.node.tasks.isActive(first)).toBe(false)
    expect(engine.log(second)[0]).toBe('trying to acquire lock... OK')
  })

  test('a conversion to a template answers at once and keeps the lock file until it has ended', async () => {
    await open([{ on: 'step:vztemplate.convert', do: 'delay', ms: 3000 }])
    await engine.container(100)
    expect(await engine.call('POST', `${LXC}/100/template`)).toMatchObject({ status: 200, data: null })
    await engine.clock.advance(200)
    const began = engine.clock.now()
    expect((await engine.call('PUT', `${LXC}/100/config`, { tags: 'x' })).status).toBe(200)
    expect(engine.clock.now() - began).toBeGreaterThan(2500)
    expect(engine.options(100)).toMatchObject({ template: 1, tags: 'x' })
  })

  test('a killed conversion lets go of the lock file', async () => {
    await open([{ on: 'task:vztemplate', do: 'kill-worker' }])
    await engine.container(100)
    await engine.data('POST', `${LXC}/100/template`)
    await engine.clock.advance(200)
    expect((await engine.call('PUT', `${LXC}/100/config`, { tags: 'x' })).status).toBe(200)
    expect(engine.options(100)?.['template']).toBeUndefined()
  })
})

describe('pvedaemon', () => {
  test('has three workers: the fourth call waits', async () => {
    await open([{ on: 'step:vzstop.kill', do: 'delay', ms: 5000 }])
    await engine.container(100)
    await engine.container(101)
    await engine.task('POST', `${LXC}/100/status/start`)
    await engine.begin('POST', `${LXC}/100/status/stop`)
    await engine.clock.advance(100)
    for (let call = 0; call < 3; call++) void engine.request('PUT', `${LXC}/100/config`, { tags: `t${call}` })
    await engine.clock.advance(10)
    const other = engine.request('PUT', `${LXC}/101/config`, { tags: 'free' })
    await engine.clock.advance(2000)
    expect(engine.options(101)?.['tags']).toBeUndefined()
    expect(await engine.clock.settled(other)).toMatchObject({ status: 200 })
    expect((await engine.call('GET', `${LXC}/101/config`)).status).toBe(200)
  })

  test('after thirty seconds the proxy gives up, and the call is applied all the same', async () => {
    await open()
    await engine.container(100)
    await engine.container(101)
    await engine.task('POST', `${LXC}/100/status/start`)
    await engine.task('POST', `${LXC}/100/snapshot`, { snapname: 'live' })
    await engine.task('POST', `${LXC}/100/snapshot/live/rollback`)
    await engine.begin('POST', `${LXC}/100/status/start`)
    await engine.clock.advance(100)
    const lists = [1, 2, 3].map(() => engine.request('GET', LXC))
    await engine.clock.advance(100)
    const change = engine.request('PUT', `${LXC}/101/config`, { tags: 'late' })
    for (const answer of await engine.clock.settled(Promise.all([...lists, change]))) {
      expect(answer).toMatchObject({ status: 596, reason: 'Connection timed out' })
    }
    expect(engine.options(101)?.['tags']).toBeUndefined()
    await engine.clock.advance(30_000)
    expect(engine.options(101)?.['tags']).toBe('late')
  })
})

describe('a container in its pre-start', () => {
  test('keeps the list and its own status waiting, and nothing else', async () => {
    await open()
    await engine.container(100)
    await engine.container(101)
    await engine.task('POST', `${LXC}/100/status/start`)
    await engine.task('POST', `${LXC}/100/snapshot`, { snapname: 'live' })
    await engine.task('POST', `${LXC}/100/snapshot/live/rollback`)
    const began = engine.clock.now()
    const start = await engine.begin('POST', `${LXC}/100/status/start`)
    await engine.clock.advance(100)
    expect((await engine.call('GET', `${LXC}/100/status/current`)).status).toBe(596)
    expect(engine.clock.now() - began).toBeGreaterThan(30_000)
    expect((await engine.call('GET', `${LXC}/101/status/current`)).status).toBe(200)
    expect((await engine.call('GET', `${LXC}/100/config`)).status).toBe(200)
    expect((await engine.call('GET', '/cluster/resources')).status).toBe(200)
    expect(await engine.end(start)).toBe('OK')
    expect(engine.clock.now() - began).toBeGreaterThan(46_000)
    expect((await engine.call('GET', LXC)).status).toBe(200)
  })
})

describe('a list of containers', () => {
  const list = () => engine.call('GET', LXC)

  test('shows one whose socket is there before its init', async () => {
    const clock = new VirtualClock()
    engine = await Engine.open({ clock, guests: createBuiltinGuests({ clock, random: seededRandom(1) }) })
    for (const vmid of [100, 101]) await engine.container(vmid)
    const { monitor } = engine.node
    monitor.begin(100)
    const listing = engine.request('GET', LXC)
    await engine.clock.advance(10)
    monitor.begin(101)
    monitor.abort(100)
    expect(await engine.clock.settled(listing)).toMatchObject({
      status: 200,
      data: [
        { vmid: 100, status: 'stopped' },
        { vmid: 101, status: 'running', mem: 0 },
      ],
    })
  })

  test('shows one as stopped whose init has ended before anybody knew its process', async () => {
    await open()
    await engine.container(100)
    const { monitor } = engine.node
    monitor.begin(100)
    await monitor.boot(100, async () => {
      void monitor.exited(100, () => new Promise(() => undefined))
      return { pid: 1000 }
    })
    expect(await list()).toMatchObject({ data: [{ vmid: 100, status: 'stopped' }] })
  })
})
