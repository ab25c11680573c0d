import { describe, expect, it } from 'vitest'
import { formatConfigFile, parseConfigFile } from '../../../../src/lib/simulator/config/config-file.js'
import {
  type ContainerConfig,
  withDescription,
  withOptions,
} from '../../../../src/lib/simulator/config/container-config.js'
import {
  checkRollback,
  commitRollback,
  commitSnapshot,
  commitSnapshotDelete,
  prepareRollback,
  prepareSnapshot,
  prepareSnapshotDelete,
  updateSnapshot,
} from '../../../../src/lib/simulator/config/snapshots.js'
import { someContainer } from './sections.js'

const yes = () => true
const take = (config: ContainerConfig, name: string) =>
  commitSnapshot(prepareSnapshot(config, { name, snaptime: 1000 }, yes), name)
const remove = (config: ContainerConfig, name: string) =>
  commitSnapshotDelete(prepareSnapshotDelete(config, name), name)
const rollBack = (config: ContainerConfig, name: string) => commitRollback(prepareRollback(config, name), name)
const parents = (config: ContainerConfig) => ({
  ...Object.fromEntries(Object.entries(config.snapshots).map(([name, { options }]) => [name, options['parent']])),
  current: config.options['parent'],
})

describe('taking a snapshot', () => {
  it('locks the container and notes its state before the storages begin', () => {
    const config = withDescription(someContainer({ tags: 'a', unused0: 'local:x', parent: 'zz' }), 'of the container')
    const prepared = prepareSnapshot(config, { name: 'one', description: 'first', snaptime: 1000 }, yes)
    expect(prepared.options).toEqual({ ...config.options, lock: 'snapshot' })
    const { unused0: _unused, ...kept } = config.options
    expect(prepared.snapshots['one']).toEqual({
      options: { ...kept, parent: 'zz', snaptime: 1000, snapstate: 'prepare' },
      lxc: [],
      description: 'first\n',
    })
  })

  it('ends with the container descending from it', () => {
    const config = take(someContainer({ tags: 'a' }), 'one')
    expect(config.options).toEqual({ ...someContainer({ tags: 'a' }).options, parent: 'one' })
    expect(config.snapshots['one']?.options).toMatchObject({ tags: 'a', snaptime: 1000 })
    expect(config.snapshots['one']?.options['snapstate']).toBeUndefined()
    expect(config.snapshots['one']?.description).toBeUndefined()
    expect(parseConfigFile(formatConfigFile(config))).toEqual(config)
  })

  it('is refused for a template, under a lock, under a name that is taken, without the feature: in this order', () => {
    const snapshot = { name: 'one', snaptime: 1000 }
    let config = withOptions(take(someContainer(), 'one'), { template: 1, lock: 'backup' })
    const refusal = () => {
      try {
        prepareSnapshot(config, snapshot, () => false)
        return undefined
      } catch (error) {
        return error instanceof Error ? error.message : error
      }
    }
    expect(refusal()).toBe("you can't take a snapshot if it's a template")
    config = withOptions(config, { template: undefined })
    expect(refusal()).toBe('CT is locked (backup)')
    config = withOptions(config, { lock: undefined })
    expect(refusal()).toBe("snapshot name 'one' already used")
    config = remove(config, 'one')
    expect(refusal()).toBe('snapshot feature is not available')
  })

  it('cuts a descent that would become a circle', () => {
    const orphan = { options: { parent: 'gone', snaptime: 1 }, lxc: [] }
    const config = take({ ...someContainer(), snapshots: { old: orphan } }, 'gone')
    expect(parents(config)).toEqual({ old: undefined, gone: undefined, current: 'gone' })
  })

  it('cannot be ended without having been begun', () => {
    expect(() => commitSnapshot(someContainer(), 'one')).toThrow('missing snapshot lock')
    const locked = someContainer({ lock: 'snapshot' })
    expect(() => commitSnapshot(locked, 'one')).toThrow("snapshot 'one' does not exist")
    const done = withOptions(take(someContainer(), 'one'), { lock: 'snapshot' })
    expect(() => commitSnapshot(done, 'one')).toThrow('wrong snapshot state')
  })

  it('is undone by its clean-up when the storage failed', () => {
    const prepared = prepareSnapshot(someContainer(), { name: 'one', snaptime: 1000 }, yes)
    const doomed = prepareSnapshotDelete(prepared, 'one', { cleanup: true })
    expect(doomed.options['lock']).toBe('snapshot')
    expect(doomed.snapshots['one']?.options['snapstate']).toBe('delete')
    expect(commitSnapshotDelete(doomed, 'one')).toEqual(someContainer())
  })
})

describe('deleting a snapshot', () => {
  it('locks the container and marks the section before the storages begin', () => {
    const doomed = prepareSnapshotDelete(take(someContainer(), 'one'), 'one')
    expect(doomed.options['lock']).toBe('snapshot-delete')
    expect(doomed.snapshots['one']?.options['snapstate']).toBe('delete')
  })

  it('hands its children and the current state on to its parent', () => {
    const tree = ['aa', 'bb', 'cc'].reduce(take, someContainer())
    expect(parents(tree)).toEqual({ aa: undefined, bb: 'aa', cc: 'bb', current: 'cc' })
    const branched = take(rollBack(tree, 'aa'), 'dd')
    const withoutMiddle = remove(branched, 'bb')
    expect(parents(withoutMiddle)).toEqual({ aa: undefined, cc: 'aa', dd: 'aa', current: 'dd' })
    const withoutRoot = remove(withoutMiddle, 'aa')
    expect(parents(withoutRoot)).toEqual({ cc: undefined, dd: undefined, current: 'dd' })
    expect(parents(remove(withoutRoot, 'dd'))).toEqual({ cc: undefined, current: undefined })
    expect(remove(withoutRoot, 'dd').options['lock']).toBeUndefined()
  })

  it('is refused when there is none, under a lock, and for a template', () => {
    const config = take(someContainer(), 'one')
    expect(() => prepareSnapshotDelete(config, 'two')).toThrow("snapshot 'two' does not exist")
    expect(() => prepareSnapshotDelete(withOptions(config, { lock: 'disk' }), 'one')).toThrow('CT is locked (disk)')
    expect(() => prepareSnapshotDelete(withOptions(config, { template: 1 }), 'one')).toThrow(
      "you can't delete a snapshot if vm is a template",
    )
  })
})

describe('rolling back', () => {
  it('restores everything but the description, and moves the place in the tree', () => {
    const before = withDescription(someContainer({ hostname: 'old', tags: 'old' }), 'old text')
    const changed = withDescription(
      withOptions(take(before, 'clean'), { hostname: 'new', tags: 'new', memory: 96, onboot: 1 }),
      'new text',
    )
    const config = rollBack({ ...changed, pending: { set: { cmode: 'tty' }, delete: {} } }, 'clean')
    expect(config.options).toEqual({ ...before.options, parent: 'clean' })
    expect(config.description).toBe('new text\n')
    expect(config.pending).toEqual({ set: {}, delete: {} })
    expect(Object.keys(config.snapshots)).toEqual(['clean'])
  })

  it('locks the container while volumes go back', () => {
    expect(prepareRollback(take(someContainer(), 'clean'), 'clean').options['lock']).toBe('rollback')
  })

  it('keeps volumes as unused that the snapshot does not know, and those that were unused', () => {
    const grown = withOptions(take(someContainer(), 'clean'), {
      mp0: 'local:101/vm-101-disk-1.raw,mp=/data',
      mp1: '/srv,mp=/srv',
      unused0: 'local:101/vm-101-disk-2.raw',
    })
    const { options } = rollBack(grown, 'clean')
    expect(options).toMatchObject({ unused0: 'local:101/vm-101-disk-2.raw', unused1: 'local:101/vm-101-disk-1.raw' })
    expect(options['mp0']).toBeUndefined()
    expect(options['unused2']).toBeUndefined()
  })

  it('is refused for a template and without the snapshot, then for an unfinished one, then under a lock', () => {
    const config = withOptions(prepareSnapshot(someContainer(), { name: 'one', snaptime: 1 }, yes), {})
    expect(() => checkRollback(withOptions(config, { template: 1 }), 'x')).toThrow(
      "you can't rollback if vm is a template",
    )
    expect(() => checkRollback(config, 'x')).toThrow("snapshot 'x' does not exist")
    expect(() => prepareRollback(config, 'one')).toThrow(
      'unable to rollback to incomplete snapshot (snapstate = prepare)',
    )
    expect(() => prepareRollback(withOptions(take(someContainer(), 'one'), { lock: 'disk' }), 'one')).toThrow(
      'CT is locked (disk)',
    )
    expect(() => commitRollback(take(someContainer(), 'one'), 'one')).toThrow('got wrong lock')
  })
})

describe('the description of a snapshot', () => {
  it('can be changed and taken away', () => {
    const config = take(someContainer(), 'one')
    const described = updateSnapshot(config, 'one', 'text')
    expect(described.snapshots['one']?.description).toBe('text\n')
    expect(updateSnapshot(described, 'one', '')).toEqual(config)
  })

  it('is not looked at when none is given', () => {
    const config = someContainer({ lock: 'disk' })
    expect(updateSnapshot(config, 'nope', undefined)).toBe(config)
    expect(() => updateSnapshot(config, 'nope', 'x')).toThrow('CT is locked (disk)')
    expect(() => updateSnapshot(someContainer(), 'nope', 'x')).toThrow("snapshot 'nope' does not exist")
  })
})
