import { describe, expect, it } from 'vitest'
import { type PermissionQuestion, requiredPermissions } from '../../../../src/lib/simulator/config/permissions.js'
import { someContainer } from './sections.js'

const question: PermissionQuestion = { vmid: 101, isRootPam: false, unprivileged: true }
const needs = (set: Readonly<Record<string, unknown>>, rest: Partial<PermissionQuestion> = {}) =>
  requiredPermissions({ set, delete: [] }, { ...question, ...rest })
const deleting = (option: string, rest: Partial<PermissionQuestion> = {}) =>
  requiredPermissions({ set: {}, delete: [option] }, { ...question, ...rest })
const vm = (privilege: string) => ({ path: '/vms/101', privileges: [privilege] })

describe('the privileges that an option needs', () => {
  it.each([
    ['cores', 'VM.Config.CPU'],
    ['cpulimit', 'VM.Config.CPU'],
    ['cpuunits', 'VM.Config.CPU'],
    ['memory', 'VM.Config.Memory'],
    ['swap', 'VM.Config.Memory'],
    ['hostname', 'VM.Config.Network'],
    ['nameserver', 'VM.Config.Network'],
    ['searchdomain', 'VM.Config.Network'],
    ['tags', 'VM.Config.Options'],
    ['description', 'VM.Config.Options'],
    ['onboot', 'VM.Config.Options'],
    ['lock', 'VM.Config.Options'],
  ])('%s: %s, to set it and to delete it', (option, privilege) => {
    expect(needs({ [option]: 'x' })).toEqual([vm(privilege)])
    expect(deleting(option)).toEqual([vm(privilege)])
  })

  it('are none for root itself', () => {
    const set = { dev0: '/dev/fuse', features: 'keyctl=1', mp0: '/srv,mp=/srv' }
    expect(needs(set, { isRootPam: true })).toEqual([])
  })

  it('of a new disk include space on its storage', () => {
    const space = (storage: string) => ({ path: `/storage/${storage}`, privileges: ['Datastore.AllocateSpace'] })
    expect(needs({ rootfs: 'tank:8' })).toEqual([vm('VM.Config.Disk'), space('tank')])
    expect(deleting('mp0')).toEqual([vm('VM.Config.Disk')])
  })

  it("of another container's volume are those on its storage", () => {
    const set = { mp0: 'tank:102/vm-102-disk-0.raw,mp=/a' }
    expect(needs(set, { ownsVolume: () => true })).toEqual([vm('VM.Config.Disk')])
    expect(needs(set, { ownsVolume: () => false })).toEqual([
      vm('VM.Config.Disk'),
      { path: '/storage/tank', privileges: ['Datastore.Allocate'] },
    ])
  })

  it('of an interface include the use of its bridge, the old one too', () => {
    const use = (bridge: string) => ({ path: `/sdn/zones/localnetwork/${bridge}`, privileges: ['SDN.Use'] })
    const config = someContainer({ net0: 'name=eth0,bridge=vmbr1' })
    expect(needs({ net0: 'name=eth0,bridge=vmbr0' })).toEqual([vm('VM.Config.Network'), use('vmbr0')])
    expect(needs({ net0: 'name=eth0,bridge=vmbr0' }, { config })).toEqual([
      vm('VM.Config.Network'),
      use('vmbr1'),
      use('vmbr0'),
    ])
    expect(deleting('net0', { config })).toEqual([vm('VM.Config.Network'), use('vmbr1')])
  })

  it.each([
    [{ dev0: '/dev/fuse' }, 'configuring device passthrough is only allowed for root@pam'],
    [{ hookscript: 'local:snippets/x' }, 'changing the hookscript is only allowed for root@pam'],
  ])('of %j are those of root alone', (set, forbidden) => {
    expect(needs(set)).toEqual([{ forbidden }])
  })

  it('of a mount point of the node are those of root alone', () => {
    const refused = (type: string) => [
      vm('VM.Config.Disk'),
      { forbidden: `mount point type ${type} is only allowed for root@pam` },
    ]
    expect(needs({ mp0: '/srv,mp=/srv' })).toEqual(refused('bind'))
    expect(needs({ mp0: '/dev/sdb,mp=/srv' })).toEqual(refused('device'))
  })
})

describe('features', () => {
  const exceptNesting = [{ forbidden: 'changing feature flags (except nesting) is only allowed for root@pam' }]

  it('other than nesting are for root alone', () => {
    expect(needs({ features: 'nesting=1' })).toEqual([vm('VM.Allocate')])
    expect(needs({ features: 'keyctl=1' })).toEqual(exceptNesting)
    expect(needs({ features: 'nesting=1,fuse=1' })).toEqual(exceptNesting)
  })

  it('of a privileged container are for root alone', () => {
    const forbidden = 'changing feature flags for privileged container is only allowed for root@pam'
    expect(needs({ features: 'nesting=1' }, { unprivileged: false })).toEqual([{ forbidden }])
    expect(deleting('features', { unprivileged: false })).toEqual([{ forbidden }])
  })

  it('may stay as they are', () => {
    const config = someContainer({ features: 'keyctl=1,nesting=1' })
    expect(needs({ features: 'nesting=1,keyctl=1' }, { config })).toEqual([])
    expect(needs({ features: 'keyctl=1' }, { config })).toEqual([vm('VM.Allocate')])
    expect(needs({ features: 'nesting=1' }, { config })).toEqual(exceptNesting)
    expect(deleting('features', { config })).toEqual(exceptNesting)
  })
})
