import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Faults } from '../../../src/lib/simulator/faults.js'
import { Engine } from '../../support/engine.js'

const LXC = '/nodes/pve1/lxc'

describe('a cluster with a state file', () => {
  let folder: string
  let stateFile: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cmux-cluster-'))
    stateFile = join(folder, 'state')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('has its containers, tasks and logs again, all stopped, after it was closed', async () => {
    const first = await Engine.open({ stateFile })
    await first.container(101, { hostname: 'kept', description: 'two\nlines' })
    const upid = await first.begin('POST', `${LXC}/101/status/start`)
    await first.end(upid)
    const digest = first.cluster.configs.digest(first.cluster.configs.load(101, 'pve1'))
    const log = first.log(upid)
    await first.close()

    const second = await Engine.open({ stateFile })
    expect(second.cluster.configs.digest(second.cluster.configs.load(101, 'pve1'))).toBe(digest)
    expect(second.node.monitor.isRunning(101)).toBe(false)
    expect(second.log(upid)).toEqual(log)
    expect(await second.data('GET', `/nodes/pve1/tasks/${upid}/status`)).toMatchObject({ exitstatus: 'OK' })
    await second.close()
  })

  test('that was killed has unexpected ends, and the locks that were set', async () => {
    const first = await Engine.open({ stateFile, latency: 'realistic' })
    await first.container(101)
    const upid = await first.begin('POST', `${LXC}/101/clone`, { newid: 102 })
    await first.clock.advance(50)

    const second = await Engine.open({ stateFile })
    expect(await second.data('GET', `/nodes/pve1/tasks/${upid}/status`)).toMatchObject({
      status: 'stopped',
      exitstatus: 'unexpected status',
    })
    expect(second.options(101)?.['lock']).toBe('disk')
    expect(second.options(102)?.['lock']).toBe('create')
    await second.close()
    await first.close()
  })

  test('starts the containers with onboot, and those only', async () => {
    const first = await Engine.open({ stateFile })
    await first.container(101, { onboot: 1, rootfs: 'local-zfs:1' })
    await first.container(102)
    await first.close()

    const second = await Engine.open({ stateFile })
    for (const volume of first.guests.volumes) await second.guests.createVolume(volume, 'empty')
    await second.clock.advance(1000)
    expect([...second.guests.running.keys()]).toEqual([101])
    expect(second.node.tasks.list({ typefilter: 'vzstart' }).entries[0]).toMatchObject({
      user: 'root@pam',
      status: 'OK',
    })
    await second.close()
  })
})

describe('a power cut', () => {
  let engine: Engine
  afterEach(() => engine.close())

  test('ends every process, keeps locks, and makes raw file systems wait at their next mount', async () => {
    engine = await Engine.open({
      latency: 'realistic',
      faults: Faults.parse([{ on: 'step:vzclone.copy', do: 'power-cut' }]),
    })
    await engine.container(100)
    await engine.container(101)
    await engine.task('POST', `${LXC}/101/status/start`)
    const upid = await engine.begin('POST', `${LXC}/100/clone`, { newid: 102 })
    expect(await engine.end(upid)).toBe('unexpected status')
    await engine.clock.advance(1000)
    expect(engine.guests.running.size).toBe(0)
    expect(engine.options(100)?.['lock']).toBe('disk')
    const began = engine.clock.now()
    expect(await engine.task('POST', `${LXC}/101/status/start`)).toBe('OK')
    expect(engine.clock.now() - began).toBeGreaterThan(46_000)
  })

  test('can lose the last writes, and starts what starts on boot', async () => {
    engine = await Engine.open({
      faults: Faults.parse([{ on: `PUT ${LXC}/101/config`, nth: 3, do: 'power-cut', writes: 2 }]),
    })
    await engine.container(101, { onboot: 1, rootfs: 'local-zfs:1' })
    await engine.task('POST', `${LXC}/101/status/start`)
    await engine.data('PUT', `${LXC}/101/config`, { tags: 'one' })
    await engine.data('PUT', `${LXC}/101/config`, { tags: 'two' })
    expect(await engine.clock.settled(engine.request('PUT', `${LXC}/101/config`, { tags: 'three' }))).toBe('drop')
    expect(engine.options(101)?.['tags']).toBe('one')
    await engine.clock.advance(1000)
    expect(engine.node.monitor.isRunning(101)).toBe(true)
  })

  test('leaves calls without an answer and takes the node away for a while', async () => {
    engine = await Engine.open({
      latency: 'realistic',
      nodes: ['pve1', 'pve2'],
      faults: Faults.parse([{ on: 'step:vzcreate.extract', where: { node: 'pve2' }, do: 'power-cut', ms: 60_000 }]),
    })
    const create = { vmid: 101, ostemplate: 'local:vztmpl/busybox_1.35-1_amd64.tar.gz', rootfs: 'local:1' }
    await engine.data('POST', '/nodes/pve2/lxc', create)
    await engine.clock.advance(1000)
    expect((await engine.call('GET', '/nodes/pve2/lxc')).status).toBe(595)
    await engine.clock.advance(60_000)
    expect((await engine.call('GET', '/nodes/pve2/lxc')).status).toBe(200)
    expect(engine.options(101)?.['lock']).toBe('create')
  })
})

describe('what the cluster knows of its containers', () => {
  test('knows what a power cut has taken back', async () => {
    const engine = await Engine.open()
    const name = () => engine.cluster.statistics.containers()[0]?.['name']
    await engine.container(101, { hostname: 'before' })
    await engine.data('PUT', `${LXC}/101/config`, { hostname: 'after' })
    await engine.clock.advance(10_000)
    expect(name()).toBe('after')
    engine.cluster.powerCut(engine.node, 1)
    await engine.clock.advance(10_000)
    expect(name()).toBe('before')
    await engine.close()
  })

  test('lags behind by up to ten seconds, but for tags and locks', async () => {
    const engine = await Engine.open()
    const resource = async (vmid: number) =>
      engine.cluster.statistics.containers().find((entry) => entry['vmid'] === vmid)
    await engine.clock.advance(100)
    await engine.container(101, { hostname: 'one', tags: 'a' })
    expect(await resource(101)).toEqual({
      id: 'lxc/101',
      vmid: 101,
      node: 'pve1',
      type: 'lxc',
      status: 'unknown',
      tags: 'a',
    })
    await engine.clock.advance(10_000)
    expect(await resource(101)).toMatchObject({ status: 'stopped', name: 'one', template: 0, uptime: 0 })
    await engine.task('POST', `${LXC}/101/status/start`)
    await engine.data('PUT', `${LXC}/101/config`, { hostname: 'two', tags: 'b', lock: 'backup' })
    expect(await resource(101)).toMatchObject({ status: 'stopped', name: 'one', tags: 'b', lock: 'backup' })
    await engine.clock.advance(10_000)
    expect(await resource(101)).toMatchObject({ status: 'running', name: 'two' })
    await engine.close()
  })

  test('shows a round of pvestatd as it was, even if nobody looked then', async () => {
    const engine = await Engine.open()
    await engine.container(101)
    await engine.clock.advance(10_000)
    await engine.task('POST', `${LXC}/101/status/start`)
    await engine.clock.advance(10_000)
    await engine.task('POST', `${LXC}/101/status/stop`)
    expect(engine.cluster.statistics.containers()[0]).toMatchObject({ status: 'running' })
    await engine.close()
  })
})
