import { describe, expect, it } from 'vitest'
import { ApiError, die, parameterError } from '../../../../src/lib/simulator/api/api-error.js'
import { applyPending, hasPending } from '../../../../src/lib/simulator/config/apply-pending.js'
import { configDigest } from '../../../../src/lib/simulator/config/config-file.js'
import { type ContainerConfig, withOptions } from '../../../../src/lib/simulator/config/container-config.js'
import { checkDigest, checkLock, withoutLock } from '../../../../src/lib/simulator/config/lock.js'
import { fillVolumes } from '../../../../src/lib/simulator/config/new-volume.js'
import {
  type ConfigChanges,
  changeFailed,
  checkContradictions,
  configChanges,
  planUpdate,
  type UpdateContext,
} from '../../../../src/lib/simulator/config/update.js'
import { countingRandom, someContainer } from './sections.js'

const GIB = 1024 ** 3

function change(config: ContainerConfig, changes: Partial<ConfigChanges>, context: Partial<UpdateContext> = {}) {
  const all = { set: {}, delete: [], revert: [], ...changes }
  const rest = { vmid: 101, running: false, random: countingRandom(), checkStorage: () => {}, bridgeMtu: () => 1500 }
  return planUpdate(config, all, { ...rest, ...context })
}

const refusal = (text: string) => new ApiError(500, text)

describe('what a change asks for', () => {
  it('is something', () => {
    expect(() => configChanges({ node: 'pve', vmid: 101, digest: 'x' })).toThrow(refusal('no options specified'))
  })

  it('is told from its parameters', () => {
    const parameters = { node: 'pve', vmid: 101, tags: 'a', delete: 'onboot,swap', revert: 'cmode', cores: undefined }
    expect(configChanges(parameters)).toEqual({ set: { tags: 'a' }, delete: ['onboot', 'swap'], revert: ['cmode'] })
  })

  it.each([
    [{ delete: 'nope' }, { delete: "unknown option 'nope'" }],
    [{ revert: 'nope' }, { revert: "unknown option 'nope'" }],
    [{ tags: 'a', delete: 'tags' }, { delete: "you can't use '-tags' and -delete tags' at the same time" }],
    [{ tags: 'a', revert: 'tags' }, { revert: "you can't use '-tags' and '-revert tags' at the same time" }],
    [
      { delete: 'tags', revert: 'tags' },
      { delete: "you can't use '-delete tags' and '-revert tags' at the same time" },
    ],
  ])('contradicts itself: %j', (parameters, errors) => {
    try {
      checkContradictions(configChanges(parameters))
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ status: 400, errors })
    }
  })
})

describe('locks and digests', () => {
  it('refuse with the word of the lock, unless that one does not matter', () => {
    const config = someContainer({ lock: 'mounted' })
    expect(() => checkLock(config)).toThrow(refusal('CT is locked (mounted)'))
    expect(() => checkLock(config, 'mounted')).not.toThrow()
    expect(() => checkLock(someContainer())).not.toThrow()
  })

  it('refuse a stale digest, and do not look at an empty one', () => {
    const config = someContainer()
    const text = 'detected modified configuration - file changed by other user? Try again.'
    expect(() => checkDigest(config, 'rubbish')).toThrow(refusal(text))
    for (const digest of [undefined, '', configDigest(config)]) expect(() => checkDigest(config, digest)).not.toThrow()
  })

  it('complain when there is no lock to remove, or another one', () => {
    const locked = someContainer({ lock: 'disk' })
    expect(withoutLock(locked).options['lock']).toBeUndefined()
    expect(() => withoutLock(someContainer())).toThrow(refusal('no lock found trying to remove any lock'))
    expect(() => withoutLock(someContainer(), 'create')).toThrow(
      refusal("no lock found trying to remove 'create'  lock"),
    )
    expect(() => withoutLock(locked, 'create')).toThrow(refusal("found lock 'disk' trying to remove 'create' lock"))
  })
})

describe('a change of a stopped container', () => {
  it('applies everything at once, normalised', () => {
    const set = {
      tags: 'B,a',
      nameserver: '1.1.1.1,8.8.8.8',
      searchdomain: 'a.b; c.d',
      net0: 'name=eth0',
      cmode: 'shell',
      description: 'abc',
    }
    const { config, live } = change(someContainer(), { set, delete: ['swap'] })
    expect(config.options).toMatchObject({
      tags: 'a;b',
      nameserver: '1.1.1.1 8.8.8.8',
      searchdomain: 'a.b c.d',
      net0: 'name=eth0,hwaddr=BC:24:11:01:02:03,type=veth',
      cmode: 'shell',
    })
    expect(config.description).toBe('abc\n')
    expect(config.options['swap']).toBeUndefined()
    expect(hasPending(config)).toBe(false)
    expect(live).toEqual([])
  })

  it('only warns about deleting what is not set', () => {
    const { config, warnings } = change(someContainer(), { delete: ['onboot'] })
    expect(config).toEqual(someContainer())
    expect(warnings).toEqual(["cannot delete 'onboot' - not set in current configuration!"])
  })

  it('takes a description away', () => {
    const described = change(someContainer(), { set: { description: 'x' } }).config
    expect(change(described, { delete: ['description'] }).config.description).toBeUndefined()
  })

  it.each([
    [{ delete: ['memory'] }, "unable to delete required option 'memory'"],
    [{ delete: ['rootfs'] }, "unable to delete required option 'rootfs'"],
    [{ delete: ['ostype'] }, "unable to delete required option 'ostype'"],
    [{ delete: ['unprivileged'] }, "unable to delete read-only option: 'unprivileged'"],
    [{ set: { unprivileged: 0 } }, "unable to modify read-only option: 'unprivileged'"],
  ])('refuses %j', (changes, text) => {
    expect(() => change(someContainer(), changes)).toThrow(refusal(text))
  })

  it('leaves the disks of a protected container alone', () => {
    const config = someContainer({ protection: 1, mp0: 'local:101/vm-101-disk-1.raw,mp=/a', unused0: 'local:x' })
    for (const option of ['mp0', 'unused0']) {
      expect(() => change(config, { delete: [option] })).toThrow(
        refusal(`can't remove CT 101 drive '${option}' - protection mode enabled`),
      )
    }
    for (const set of [{ mp0: 'local:1,mp=/a' }, { rootfs: 'local:1' }]) {
      expect(() => change(config, { set })).toThrow(
        refusal(`can't update CT 101 drive '${Object.keys(set)[0]}' - protection mode enabled`),
      )
    }
  })

  it('asks the storage of a disk, not that of a bind mount', () => {
    const asked: string[] = []
    const checkStorage = (volume: string) => {
      asked.push(volume)
    }
    const set = { mp0: 'local:8,mp=/a', mp1: 'nas:101/vm-101-disk-1.raw,mp=/b', mp2: '/srv,mp=/c' }
    change(someContainer(), { set }, { checkStorage })
    expect(asked).toEqual(['local:8', 'nas:101/vm-101-disk-1.raw'])
    expect(() => change(someContainer(), { set }, { checkStorage: (volume) => die(`no ${volume}`) })).toThrow(
      'no local:8',
    )
  })

  it('compares an MTU with that of the bridge', () => {
    const set = { net0: 'name=eth0,bridge=vmbr0,mtu=9000' }
    expect(() => change(someContainer(), { set }, { bridgeMtu: () => 1500 })).toThrow(
      refusal("net0: MTU size '9000' is bigger than bridge MTU '1500'"),
    )
    expect(() => change(someContainer(), { set }, { bridgeMtu: () => 9000 })).not.toThrow()
  })

  it('asks for new disks and takes their volumes in', () => {
    const plan = change(someContainer(), { set: { mp0: 'local:8,mp=/data,backup=1' } })
    expect(plan.allocate).toEqual([{ option: 'mp0', storage: 'local', size: 8 * GIB }])
    const volumes = { mp0: { volid: 'local:101/vm-101-disk-1.raw', size: 8 * GIB } }
    expect(fillVolumes(plan.config, volumes).options['mp0']).toBe(
      'local:101/vm-101-disk-1.raw,mp=/data,backup=1,size=8G',
    )
  })

  it('notes the size of a volume that was there, and keeps the volume that it replaces', () => {
    const config = someContainer({ mp0: 'local:101/vm-101-disk-1.raw,mp=/a,size=1G' })
    const set = { mp0: 'local:101/vm-101-disk-2.raw,mp=/a' }
    const { options } = change(config, { set }, { volumeSize: () => 2 * GIB }).config
    expect(options).toMatchObject({
      mp0: 'local:101/vm-101-disk-2.raw,mp=/a,size=2G',
      unused0: 'local:101/vm-101-disk-1.raw',
    })
  })

  it('does not call a volume unused whose mount point only changed its options', () => {
    const config = someContainer({ mp0: 'local:101/vm-101-disk-1.raw,mp=/a,size=1G' })
    const { options } = change(config, { set: { mp0: 'local:101/vm-101-disk-1.raw,size=1G,mp=/b' } }).config
    expect(options['mp0']).toBe('local:101/vm-101-disk-1.raw,mp=/b,size=1G')
    expect(options['unused0']).toBeUndefined()
  })

  it('keeps the volume of a deleted mount point as unused, and frees it when that is deleted', () => {
    const config = someContainer({ mp0: 'local:101/vm-101-disk-1.raw,mp=/a,size=1G' })
    const detached = change(config, { delete: ['mp0'] })
    expect(detached.config.options).toMatchObject({ unused0: 'local:101/vm-101-disk-1.raw' })
    expect(detached.config.options['mp0']).toBeUndefined()
    expect(detached.free).toEqual([])
    const freed = change(detached.config, { delete: ['unused0'] })
    expect(freed.free).toEqual(['local:101/vm-101-disk-1.raw'])
    expect(freed.config.options['unused0']).toBeUndefined()
  })

  it('takes a rootfs that is no volume, as a real node does', () => {
    const plan = change(someContainer(), { set: { rootfs: 'local:8' } })
    expect(plan.config.options['rootfs']).toBe('local:8')
    expect(plan.allocate).toEqual([])
  })

  it('names the option when a disk cannot be made', () => {
    expect(changeFailed('mp0', 'full', false)).toEqual(
      parameterError({ mp0: 'unable to apply pending change mp0 : full' }),
    )
    expect(changeFailed('mp0', 'full', true)).toEqual(parameterError({ mp0: 'unable to hotplug mp0: full' }))
  })
})

describe('a change of a running container', () => {
  const running = { running: true }

  it('takes some options at once and keeps the others for the next start', () => {
    const set = { hostname: 'after', memory: 80, cmode: 'shell', features: 'nesting=1', cores: 2, net0: 'name=eth0' }
    const { config, live } = change(someContainer(), { set }, running)
    expect(config.options).toMatchObject({ hostname: 'after', memory: 80, cores: 2 })
    expect(config.options['net0']).toContain('hwaddr=BC:24:11')
    expect(config.pending).toEqual({ set: { cmode: 'shell', features: 'nesting=1' }, delete: {} })
    expect(live).toEqual(['cores', 'hostname', 'memory', 'net0'])
  })

  it.each([
    'onboot',
    'startup',
    'protection',
    'hookscript',
    'tags',
    'lock',
    'description',
    'cpulimit',
    'cpuunits',
    'swap',
  ])('sets %s at once', (option) => {
    const { config, live } = change(someContainer(), { set: { [option]: 'x' } }, running)
    expect(live).toEqual([option])
    expect(hasPending(config)).toBe(false)
  })

  it('deletes at once what needs no restart, interfaces up to net9 only', () => {
    const options = { tags: 'a', cpulimit: '1', net9: 'name=a', net10: 'name=b', cmode: 'tty', mp0: 'local:x,mp=/a' }
    const names = [...Object.keys(options), 'swap']
    const { config, live } = change(someContainer(options), { delete: names }, running)
    expect([...live].sort()).toEqual(['cpulimit', 'net9', 'swap', 'tags'])
    expect(config.pending.delete).toEqual({ cmode: 1, mp0: 1, net10: 1 })
    expect(config.options).toMatchObject({ cmode: 'tty', net10: 'name=b' })
  })

  it('plugs a new mount point in but does not change one', () => {
    const config = someContainer({ mp0: 'local:101/vm-101-disk-1.raw,mp=/a' })
    const plan = change(config, { set: { mp0: 'local:8,mp=/b', mp1: 'local:8,mp=/c' } }, running)
    expect(plan.allocate).toEqual([{ option: 'mp1', storage: 'local', size: 8 * GIB }])
    expect(plan.config.pending.set).toEqual({ mp0: 'local:8,mp=/b' })
  })

  it('forgets a pending change when it is reverted or becomes what is there', () => {
    const waiting = change(
      someContainer({ cmode: 'tty' }),
      { set: { cmode: 'shell' }, delete: ['arch'] },
      running,
    ).config
    expect(hasPending(waiting)).toBe(true)
    const reverted = change(waiting, { revert: ['cmode', 'arch'] }, running).config
    expect(reverted).toEqual(someContainer({ cmode: 'tty' }))
    const same = change(waiting, { set: { cmode: 'tty', arch: 'amd64' } }, running).config
    expect(hasPending(same)).toBe(false)
  })

  it('lets the later of a deletion and a value win', () => {
    const config = someContainer({ cmode: 'tty' })
    const deleted = change(config, { delete: ['cmode'] }, running).config
    const set = change(deleted, { set: { cmode: 'shell' } }, running).config
    expect(set.pending).toEqual({ set: { cmode: 'shell' }, delete: {} })
    expect(change(set, { delete: ['cmode'] }, running).config.pending).toEqual({ set: {}, delete: { cmode: 1 } })
  })
})

describe('a start', () => {
  it('applies what waited', () => {
    const config = {
      ...someContainer({ cmode: 'tty', mp0: 'local:101/vm-101-disk-1.raw,mp=/a' }),
      pending: { set: { arch: 'i386', mp1: 'local:1,mp=/b' }, delete: { cmode: 1, mp0: 1 } as const },
    }
    const applied = applyPending(config, { random: countingRandom() })
    expect(applied.config.options).toMatchObject({ arch: 'i386', unused0: 'local:101/vm-101-disk-1.raw' })
    expect(applied.config.options['cmode']).toBeUndefined()
    expect(applied.allocate).toEqual([{ option: 'mp1', storage: 'local', size: GIB }])
    expect(hasPending(applied.config)).toBe(false)
  })

  it('leaves a change alone that another one is not about', () => {
    const waiting = { ...someContainer(), pending: { set: { cmode: 'shell' }, delete: {} } }
    const { config } = change(withOptions(waiting, {}), { set: { tags: 'a' } })
    expect(config.pending.set).toEqual({ cmode: 'shell' })
    expect(config.options['tags']).toBe('a')
  })
})
