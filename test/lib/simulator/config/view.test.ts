import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../../src/lib/simulator/api/api-error.js'
import { configDigest } from '../../../../src/lib/simulator/config/config-file.js'
import { type ContainerConfig, withDescription } from '../../../../src/lib/simulator/config/container-config.js'
import { configView, pendingView, snapshotList, snapshotView } from '../../../../src/lib/simulator/config/view.js'
import { someContainer } from './sections.js'

const config: ContainerConfig = {
  ...withDescription(someContainer({ cmode: 'tty', env: 'A=1', parent: 'two', cpulimit: '1.5' }), 'abc'),
  lxc: [['lxc.apparmor.profile', 'unconfined']],
  pending: { set: { memory: 96, arch: 'i386', entrypoint: '/init' }, delete: { cmode: 1, mp0: 2 } },
  snapshots: {
    one: { options: { memory: 32, snaptime: 1000 }, lxc: [['lxc.x', 'y']], description: 'first\n' },
    two: { options: { memory: 48, snaptime: 2000, parent: 'one', snapstate: 'delete' }, lxc: [] },
  },
}

describe('the configuration as the API shows it', () => {
  it('merges what is pending', () => {
    const { cmode: _deleted, ...options } = config.options
    expect(configView(config)).toEqual({
      ...options,
      memory: 96,
      arch: 'i386',
      entrypoint: '/init',
      cpulimit: '1.5',
      description: 'abc\n',
      lxc: [['lxc.apparmor.profile', 'unconfined']],
      digest: configDigest(config),
    })
  })

  it('is what the container runs with when asked for the current one', () => {
    expect(configView(config, { current: true })).toMatchObject({ memory: 64, arch: 'amd64', cmode: 'tty' })
  })

  it('is that of a snapshot, with the digest of the whole file', () => {
    expect(configView(config, { snapshot: 'one' })).toEqual({
      memory: 32,
      snaptime: 1000,
      description: 'first\n',
      lxc: [['lxc.x', 'y']],
      digest: configDigest(config),
    })
    expect(() => configView(config, { snapshot: 'x' })).toThrow(new ApiError(500, "snapshot 'x' does not exist"))
  })

  it('hides the environment from those who may not see it', () => {
    expect(configView(config)['env']).toBe('A=1')
    expect(configView(config, { hideEnvironment: true })['env']).toBeUndefined()
  })

  it('has no key for raw lines and description when there are none', () => {
    expect(Object.keys(configView(someContainer())).sort()).toEqual([
      'arch',
      'digest',
      'hostname',
      'memory',
      'ostype',
      'rootfs',
      'swap',
      'unprivileged',
    ])
  })
})

describe('what is pending', () => {
  it('stands beside what is there', () => {
    const entries = pendingView(config)
    expect(entries).toEqual(
      expect.arrayContaining([
        { key: 'memory', value: 64, pending: 96 },
        { key: 'entrypoint', pending: '/init' },
        { key: 'cmode', value: 'tty', delete: 1 },
        { key: 'mp0', delete: 2 },
        { key: 'description', value: 'abc\n' },
        { key: 'digest', value: configDigest(config) },
      ]),
    )
    expect(new Set(entries.map(({ key }) => key)).size).toBe(entries.length)
  })
})

describe('snapshots as the API shows them', () => {
  it('end with the current state', () => {
    expect(snapshotList(config, true)).toEqual([
      { name: 'one', snaptime: 1000, description: 'first\n' },
      { name: 'two', snaptime: 2000, description: '', parent: 'one', snapstate: 'delete' },
      { name: 'current', description: 'You are here!', running: 1, digest: configDigest(config), parent: 'two' },
    ])
    expect(snapshotList(someContainer(), false)).toEqual([
      { name: 'current', description: 'You are here!', running: 0, digest: configDigest(someContainer()) },
    ])
  })

  it('show their options without raw lines', () => {
    expect(snapshotView(config, 'one')).toEqual({ memory: 32, snaptime: 1000, description: 'first\n' })
    expect(() => snapshotView(config, 'constructor')).toThrow("snapshot 'constructor' does not exist")
  })
})
