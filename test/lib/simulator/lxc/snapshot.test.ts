import { afterEach, describe, expect, test } from 'vitest'
import { Faults } from '../../../../src/lib/simulator/faults.js'
import { DEBIAN, Engine } from '../../../support/engine.js'

const LXC = '/nodes/pve1/lxc'

let engine: Engine
afterEach(() => engine.close())

async function stopped(fields: Readonly<Record<string, string | number>> = {}, faults: readonly unknown[] = []) {
  engine = await Engine.open({ faults: Faults.parse(faults) })
  await engine.container(101, fields)
}

const snapshot = (snapname: string) => engine.task('POST', `${LXC}/101/snapshot`, { snapname })
const rollback = (name: string) => engine.task('POST', `${LXC}/101/snapshot/${name}/rollback`)

describe('snapshots', () => {
  test('are taken in a task that refuses what cannot be', async () => {
    await stopped({ rootfs: 'local:1' })
    expect(await snapshot('one')).toBe('snapshot feature is not available')
    expect(engine.options(101)).not.toHaveProperty('lock')
    const exit = await engine.task('POST', `${LXC}/999/snapshot`, { snapname: 'one' })
    expect(exit).toBe("Configuration file 'nodes/pve1/lxc/999.conf' does not exist")
    const reserved = await engine.call('POST', `${LXC}/101/snapshot`, { snapname: 'current' })
    expect(reserved.reason).toBe("unable to use snapshot name 'current' (reserved name)")
  })

  test('that a storage refuses leave no trace', async () => {
    await stopped({}, [{ on: 'storage:snapshot', do: 'fail', message: 'no space left' }])
    const upid = await engine.begin('POST', `${LXC}/101/snapshot`, { snapname: 'one' })
    expect(await engine.end(upid)).toBe('no space left')
    expect(engine.log(upid)).toContain('snapshot create failed: starting cleanup')
    expect(engine.options(101)).not.toHaveProperty('lock')
    expect(engine.cluster.configs.find(101)?.config.snapshots).toEqual({})
    expect(await snapshot('one')).toBe('OK')
  })

  test('whose removal fails keep the lock and their half removed section', async () => {
    await stopped({}, [{ on: 'storage:delete-snapshot', do: 'fail', message: 'busy' }])
    await snapshot('one')
    expect(await engine.task('DELETE', `${LXC}/101/snapshot/one`)).toBe('busy')
    expect(engine.options(101)?.['lock']).toBe('snapshot-delete')
    expect(engine.cluster.configs.find(101)?.config.snapshots['one']?.options['snapstate']).toBe('delete')
    expect(await engine.task('DELETE', `${LXC}/101/snapshot/one`)).toBe('CT is locked (snapshot-delete)')
  })

  test('whose removal is forced go although the storage fails', async () => {
    await stopped({}, [{ on: 'storage:delete-snapshot', do: 'fail', message: 'busy' }])
    await snapshot('one')
    expect(await engine.task('DELETE', `${LXC}/101/snapshot/one`, { force: 1 })).toBe('OK')
    expect(engine.options(101)).not.toHaveProperty('lock')
  })
})

describe('a rollback', () => {
  test('reverts tags, host name and memory, keeps the description and stops the container', async () => {
    await stopped({ hostname: 'old', tags: 'old' })
    await snapshot('clean')
    await engine.data('PUT', `${LXC}/101/config`, { hostname: 'new', tags: 'new', memory: 96, description: 'kept' })
    await engine.task('POST', `${LXC}/101/status/start`)
    expect(await rollback('clean')).toBe('OK')
    expect(engine.options(101)).toMatchObject({ hostname: 'old', tags: 'old', memory: 64, parent: 'clean' })
    expect(engine.cluster.configs.find(101)?.config.description).toBe('kept\n')
    expect(engine.node.monitor.isRunning(101)).toBe(false)
  })

  test('that a storage fails in the middle of leaves the lock', async () => {
    await stopped({}, [{ on: 'storage:rollback', do: 'fail', message: 'I/O error' }])
    await snapshot('clean')
    expect(await rollback('clean')).toBe('I/O error')
    expect(engine.options(101)?.['lock']).toBe('rollback')
    expect((await engine.call('DELETE', `${LXC}/101`)).reason).toBe('CT is locked (rollback)')
  })

  test('on ZFS is only possible to the newest snapshot, and the container goes on running when it is not', async () => {
    await stopped({ rootfs: 'local-zfs:1' })
    await snapshot('one')
    await snapshot('two')
    await engine.task('POST', `${LXC}/101/status/start`)
    expect(await rollback('one')).toBe(
      "can't rollback, 'one' is not most recent snapshot on 'local-zfs:subvol-101-disk-0'",
    )
    expect(engine.node.monitor.isRunning(101)).toBe(true)
    expect(await rollback('two')).toBe('OK')
  })
})

describe('the file system of a raw volume', () => {
  const startMs = async () => {
    const began = engine.clock.now()
    expect(await engine.task('POST', `${LXC}/101/status/start`)).toBe('OK')
    return engine.clock.now() - began
  }

  test('makes the start wait 46 seconds when it was snapshotted while mounted', async () => {
    await stopped()
    await engine.task('POST', `${LXC}/101/status/start`)
    await snapshot('live')
    await rollback('live')
    expect(await startMs()).toBeGreaterThan(46_000)
    await engine.task('POST', `${LXC}/101/status/stop`)
    expect(await startMs()).toBeLessThan(1000)
  })

  test('does not when it was snapshotted while stopped', async () => {
    await stopped()
    await snapshot('clean')
    await engine.task('POST', `${LXC}/101/status/start`)
    await rollback('clean')
    expect(await startMs()).toBeLessThan(1000)
  })

  test('does not on a storage of subvolumes', async () => {
    await stopped({ rootfs: 'local-zfs:1' })
    await engine.task('POST', `${LXC}/101/status/start`)
    await snapshot('live')
    await rollback('live')
    expect(await startMs()).toBeLessThan(1000)
  })

  test('carries the wait into a linked clone of such a snapshot, but not into a full one', async () => {
    await stopped({ rootfs: 'local-lvm:1' })
    await engine.task('POST', `${LXC}/101/status/start`)
    await snapshot('live')
    const clone = (newid: number, full: number) =>
      engine.task('POST', `${LXC}/101/clone`, { newid, full, snapname: 'live' })
    expect(await clone(102, 0)).toBe('OK')
    expect(await clone(103, 1)).toBe('OK')
    const began = engine.clock.now()
    await engine.task('POST', `${LXC}/103/status/start`)
    expect(engine.clock.now() - began).toBeLessThan(1000)
    await engine.task('POST', `${LXC}/102/status/start`)
    expect(engine.clock.now() - began).toBeGreaterThan(46_000)
  })
})

test('a clone of a snapshot has its tags and its own description', async () => {
  await stopped({ tags: 'then', description: 'main' })
  await engine.task('POST', `${LXC}/101/snapshot`, { snapname: 'one', description: 'of the snapshot' })
  await engine.data('PUT', `${LXC}/101/config`, { tags: 'now' })
  expect(await engine.task('POST', `${LXC}/101/clone`, { newid: 102, snapname: 'one' })).toBe('OK')
  expect(engine.options(102)?.['tags']).toBe('then')
  expect(engine.cluster.configs.find(102)?.config.description).toBe('of the snapshot\n')
})

test('facts about systemd follow a volume through templates and clones', async () => {
  engine = await Engine.open()
  await engine.task('POST', LXC, { vmid: 101, ostemplate: DEBIAN, rootfs: 'local-lvm:1' })
  await engine.data('POST', `${LXC}/101/template`)
  await engine.clock.advance(100)
  expect(await engine.task('POST', `${LXC}/101/clone`, { newid: 102 })).toBe('WARNINGS: 1')
})
