import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../../src/lib/simulator/api/api-error.js'
import {
  defaultStorages,
  STORAGE_TYPES,
  type StorageConfig,
  type StorageType,
} from '../../../../src/lib/simulator/storage/storage-config.js'
import { GIB, OS_TEMPLATE, storageNode } from './storage-node.js'

const refusal = (text: string) => new ApiError(500, text)

/** The storage of one type, as it comes by default. */
function storageOf(type: StorageType): StorageConfig {
  const config = defaultStorages([type]).find((storage) => storage.type === type)
  if (config === undefined) throw new Error(`no storage of type ${type}`)
  return config
}

/** A node with that type of storage and a container disk on it. */
async function withDisk(type: StorageType, vmid = 101) {
  const config = storageOf(type)
  const node = storageNode(...defaultStorages([type]))
  const disk = { storage: config.id, vmid, size: GIB, osTemplate: OS_TEMPLATE }
  return { ...node, config, volid: await node.storages.allocate(disk, node.context) }
}

interface Expected {
  readonly disk: string
  readonly base?: string
  readonly clone?: string
  readonly snapshots: boolean
  /** A linked clone of a container that is no template: of its present state, of a snapshot. */
  readonly cloneOfCurrent: boolean
  readonly cloneOfSnapshot: boolean
}

// PVE-FACTS 6.1, row by row.
const TABLE: Readonly<Record<StorageType, Expected>> = {
  lvmthin: {
    disk: 'local-lvm:vm-101-disk-0',
    base: 'local-lvm:base-101-disk-0',
    clone: 'local-lvm:vm-102-disk-0',
    snapshots: true,
    cloneOfCurrent: false,
    cloneOfSnapshot: true,
  },
  zfspool: {
    disk: 'local-zfs:subvol-101-disk-0',
    base: 'local-zfs:basevol-101-disk-0',
    clone: 'local-zfs:basevol-101-disk-0/subvol-102-disk-0',
    snapshots: true,
    cloneOfCurrent: false,
    cloneOfSnapshot: false,
  },
  rbd: {
    disk: 'ceph:vm-101-disk-0',
    base: 'ceph:base-101-disk-0',
    clone: 'ceph:base-101-disk-0/vm-102-disk-0',
    snapshots: true,
    cloneOfCurrent: false,
    cloneOfSnapshot: true,
  },
  btrfs: {
    disk: 'local-btrfs:101/vm-101-disk-0.raw',
    base: 'local-btrfs:101/base-101-disk-0.raw',
    clone: 'local-btrfs:102/vm-102-disk-0.raw',
    snapshots: true,
    cloneOfCurrent: true,
    cloneOfSnapshot: true,
  },
  dir: {
    disk: 'local:101/vm-101-disk-0.raw',
    base: 'local:101/base-101-disk-0.raw',
    snapshots: false,
    cloneOfCurrent: false,
    cloneOfSnapshot: false,
  },
  nfs: {
    disk: 'nas:101/vm-101-disk-0.raw',
    base: 'nas:101/base-101-disk-0.raw',
    snapshots: false,
    cloneOfCurrent: false,
    cloneOfSnapshot: false,
  },
  lvm: { disk: 'lvm:vm-101-disk-0', snapshots: false, cloneOfCurrent: false, cloneOfSnapshot: false },
}

describe.each(STORAGE_TYPES)('a %s storage', (type) => {
  const expected = TABLE[type]

  it('names a disk as Proxmox does and fills it from the OS template', async () => {
    const { volid, guests } = await withDisk(type)
    expect(volid).toBe(expected.disk)
    expect(guests.read(volid)).toBe(OS_TEMPLATE)
  })

  it('gives a new disk the lowest number that is free', async () => {
    const { storages, context, config } = await withDisk(type)
    const make = () => storages.allocate({ storage: config.id, vmid: 101, size: GIB }, context)
    const [one, two] = await Promise.all([make(), make()])
    expect([one, two].map((volid) => /disk-(\d)/.exec(volid)?.[1])).toEqual(['1', '2'])
    await storages.free(one, context)
    expect(await make()).toBe(one)
  })

  it('says what it can do with a disk, a base and a snapshot', async () => {
    const { storages, volid } = await withDisk(type)
    expect(storages.hasFeature('snapshot', volid)).toBe(expected.snapshots)
    expect(storages.hasFeature('template', volid)).toBe(expected.base !== undefined)
    expect(storages.hasFeature('copy', volid)).toBe(true)
    expect(storages.hasFeature('clone', volid)).toBe(expected.cloneOfCurrent)
    expect(storages.hasFeature('clone', volid, 'one')).toBe(expected.cloneOfSnapshot)
    const base = expected.base ?? volid.replace('vm-', 'base-')
    expect(storages.hasFeature('clone', base)).toBe(expected.clone !== undefined)
    expect(storages.hasFeature('snapshot', base)).toBe(false)
    expect(storages.hasFeature('template', base)).toBe(false)
    expect(storages.hasFeature('copy', base)).toBe(true)
  })

  it('makes a base of a disk, or refuses to', async () => {
    const { storages, context, volid, guests } = await withDisk(type)
    if (expected.base === undefined) {
      await expect(storages.createBase(volid, context)).rejects.toThrow(
        refusal(`Template feature is not available for '${volid}'`),
      )
      return
    }
    guests.write(volid, 'golden')
    expect(await storages.createBase(volid, context)).toBe(expected.base)
    expect(guests.read(expected.base)).toBe('golden')
    expect(storages.volume(volid, 'pve1')).toBeUndefined()
    await expect(storages.createBase(expected.base, context)).rejects.toThrow(
      refusal('create_base not possible with base image'),
    )
  })

  it('makes a linked clone of a base, or refuses to', async () => {
    const { storages, context, volid, guests } = await withDisk(type)
    const base = expected.base === undefined ? volid : await storages.createBase(volid, context)
    if (expected.clone === undefined) {
      expect(() => storages.checkLinkedClone(base)).toThrow(
        refusal(`Linked clone feature for '${base}' is not available`),
      )
      return
    }
    expect(() => storages.checkLinkedClone(base)).not.toThrow()
    guests.write(base, 'golden')
    expect(await storages.linkedClone(base, 102, context)).toBe(expected.clone)
    expect(guests.read(expected.clone)).toBe('golden')
    expect(storages.requireVolume(expected.clone, 'pve1').size).toBe(GIB)
  })

  it('makes a full clone of a disk', async () => {
    const { storages, context, volid, guests, config } = await withDisk(type)
    guests.write(volid, 'mine')
    const copy = await storages.fullClone(volid, { vmid: 102 }, context)
    expect(copy).toBe(expected.disk.replaceAll('101', '102'))
    expect(guests.read(copy)).toBe('mine')
    const elsewhere = await storages.fullClone(copy, { storage: config.id, vmid: 103 }, context)
    expect(elsewhere).toBe(expected.disk.replaceAll('101', '103'))
  })

  it('lists a disk, and frees it', async () => {
    const { storages, context, volid, config, guests } = await withDisk(type)
    expect(storages.list(config.id, 'pve1', { vmid: 101 })).toEqual([
      expect.objectContaining({ volid, size: GIB, vmid: 101, content: 'rootdir' }),
    ])
    expect(storages.ownedBy(101, 'pve1')).toEqual([volid])
    const before = storages.usage(config.id, 'pve1').used
    expect(before).toBeGreaterThan(0)
    await storages.free(volid, context)
    expect(storages.list(config.id, 'pve1', { vmid: 101 })).toEqual([])
    expect(guests.contents.size).toBe(0)
    expect(storages.usage(config.id, 'pve1').used).toBeLessThan(before)
  })
})

describe.each(STORAGE_TYPES.filter((type) => TABLE[type].snapshots))('snapshots on %s', (type) => {
  it('bring a disk back, and go', async () => {
    const { storages, context, volid, guests } = await withDisk(type)
    guests.write(volid, 'kept')
    await storages.snapshot(volid, 'one', context)
    guests.write(volid, 'lost')
    storages.checkRollback(volid, 'one', 'pve1')
    await storages.rollback(volid, 'one', context)
    expect(guests.read(volid)).toBe('kept')
    await storages.deleteSnapshot(volid, 'one', context)
    await storages.deleteSnapshot(volid, 'one', context)
    expect(storages.requireVolume(volid, 'pve1').snapshots).toEqual([])
  })

  it(type === 'zfspool' ? 'are rolled back to the newest only' : 'are rolled back to any of them', async () => {
    const { storages, context, volid } = await withDisk(type)
    await storages.snapshot(volid, 'one', context)
    await storages.snapshot(volid, 'two', context)
    const older = () => storages.checkRollback(volid, 'one', 'pve1')
    expect(() => storages.checkRollback(volid, 'two', 'pve1')).not.toThrow()
    if (type !== 'zfspool') {
      expect(older).not.toThrow()
      return
    }
    expect(older).toThrow(refusal(`can't rollback, 'one' is not most recent snapshot on '${volid}'`))
    expect(() => storages.checkRollback(volid, 'x', 'pve1')).toThrow(
      refusal(`can't rollback, snapshot 'x' does not exist on '${volid}'`),
    )
    await storages.deleteSnapshot(volid, 'two', context)
    expect(older).not.toThrow()
  })
})

describe.each(STORAGE_TYPES.filter((type) => TABLE[type].cloneOfSnapshot))('a snapshot on %s', (type) => {
  it('can be cloned; the clone carries no base', async () => {
    const { storages, context, volid, guests } = await withDisk(type)
    guests.write(volid, 'then')
    await storages.snapshot(volid, 'one', context)
    guests.write(volid, 'now')
    const clone = await storages.linkedClone(volid, 102, context, 'one')
    expect(clone).toBe(TABLE[type].disk.replaceAll('101', '102'))
    expect(guests.read(clone)).toBe('then')
    const copy = await storages.fullClone(volid, { vmid: 103, snapname: 'one' }, context)
    expect(guests.read(copy)).toBe('then')
  })
})

describe('what is refused', () => {
  it('a rollback of a raw file', async () => {
    const { storages, volid } = await withDisk('dir')
    expect(() => storages.checkRollback(volid, 'one', 'pve1')).toThrow(
      refusal("can't rollback snapshot this image format"),
    )
  })

  it.each(['zfspool', 'rbd'] as const)('freeing a base on %s that linked clones depend on', async (type) => {
    const { storages, context, volid } = await withDisk(type)
    const base = await storages.createBase(volid, context)
    const clone = await storages.linkedClone(base, 102, context)
    const name = base.slice(base.indexOf(':') + 1)
    await expect(storages.free(base, context)).rejects.toThrow(
      refusal(`base volume '${name}' is still in use by linked clones`),
    )
    await storages.free(clone, context)
    await storages.free(base, context)
    expect(storages.volume(base, 'pve1')).toBeUndefined()
  })

  it.each(['lvmthin', 'btrfs'] as const)('nothing on %s: a base goes from under its clones', async (type) => {
    const { storages, context, volid, guests } = await withDisk(type)
    const base = await storages.createBase(volid, context)
    const clone = await storages.linkedClone(base, 102, context)
    await storages.free(base, context)
    expect(guests.read(clone)).toBe(OS_TEMPLATE)
  })

  it('a clone of a clone keeps the base of its own template', async () => {
    const { storages, context, volid } = await withDisk('zfspool')
    const clone = await storages.linkedClone(await storages.createBase(volid, context), 102, context)
    const second = await storages.createBase(clone, context)
    expect(second).toBe('local-zfs:basevol-101-disk-0/basevol-102-disk-0')
    const third = await storages.linkedClone(second, 103, context)
    expect(third).toBe('local-zfs:basevol-102-disk-0/subvol-103-disk-0')
    await expect(storages.free(second, context)).rejects.toThrow('is still in use by linked clones')
  })

  it('a base of a thin volume with a snapshot left over', async () => {
    const { storages, context, volid } = await withDisk('lvmthin')
    await storages.snapshot(volid, 'one', context)
    await expect(storages.createBase(volid, context)).rejects.toThrow(
      refusal("unable to create base volume - found snaphost 'snap_vm-101-disk-0_one'"),
    )
  })

  it('a linked clone of what is no base', async () => {
    const { storages, context, volid } = await withDisk('zfspool')
    await expect(storages.linkedClone(volid, 102, context)).rejects.toThrow(
      refusal('clone_image only works on base images'),
    )
  })

  it.each([
    ['dir', 'unable to create image: qemu-img: /var/lib/vz/images/101/vm-101-disk-0.raw: No space left on device'],
    ['lvm', 'not enough free space (10 < 1048576)'],
    [
      'lvmthin',
      "lvcreate 'pve/vm-101-disk-0' error:   Cannot create new thin volume, free space in thin pool pve/data reached threshold.",
    ],
    ['zfspool', "zfs error: cannot create 'rpool/data/subvol-101-disk-0': out of space"],
    ['rbd', "rbd create 'vm-101-disk-0' error: rbd: create error: (28) No space left on device"],
  ] as const)('a disk on a full %s storage, in the words of its tool', async (type, text) => {
    const { storages, context, guests } = storageNode({ ...storageOf(type), total: 10 * 1024 })
    const full = storages.allocate({ storage: storageOf(type).id, vmid: 101, size: GIB }, context)
    await expect(full).rejects.toThrow(refusal(text))
    expect(guests.contents.size).toBe(0)
    expect(storages.ownedBy(101, 'pve1')).toEqual([])
  })

  it('a thick disk that cannot grow', async () => {
    const { storages, context } = storageNode({ ...storageOf('lvm'), total: 2 * GIB })
    const volid = await storages.allocate({ storage: 'lvm', vmid: 101, size: GIB }, context)
    await expect(storages.resize(volid, 3 * GIB, context)).rejects.toThrow('not enough free space')
    await storages.resize(volid, 2 * GIB, context)
    expect(storages.usage('lvm', 'pve1')).toMatchObject({ used: 2 * GIB, avail: 0 })
  })

  it('a disk whose content cannot be made: nothing stays behind', async () => {
    const { storages, context } = storageNode(...defaultStorages(['dir']))
    const lost = { storage: 'local', vmid: 101, size: GIB, osTemplate: 'local:vztmpl/no-such_1_amd64.tar.zst' }
    await expect(storages.allocate(lost, context)).rejects.toThrow(
      refusal("volume 'local:vztmpl/no-such_1_amd64.tar.zst' does not exist"),
    )
    storages.addFile(lost.osTemplate, 'pve1', 1)
    await storages.allocate({ ...lost, vmid: 102 }, context)
    const copy = storages.fullClone('local:102/vm-102-disk-0.raw', { vmid: 103, snapname: 'nope' }, context)
    await expect(copy).rejects.toThrow('there is no nope')
    expect(storages.ownedBy(103, 'pve1')).toEqual([])
  })
})

describe('what the storage tools print', () => {
  it('is the output of LVM', async () => {
    const { storages, context, volid, printed } = await withDisk('lvmthin')
    expect(printed()).toEqual([
      '  Logical volume "vm-101-disk-0" created.',
      'Creating filesystem with 262144 4k blocks and 65536 inodes',
    ])
    await storages.snapshot(volid, 's1', context)
    expect(printed()).toEqual(['  Logical volume "snap_vm-101-disk-0_s1" created.'])
    await storages.rollback(volid, 's1', context)
    expect(printed()).toEqual([
      '  Logical volume "vm-101-disk-0" successfully removed.',
      '  Logical volume "vm-101-disk-0" created.',
    ])
    await storages.deleteSnapshot(volid, 's1', context)
    expect(printed()).toEqual(['  Logical volume "snap_vm-101-disk-0_s1" successfully removed.'])
    const base = await storages.createBase(volid, context)
    expect(printed()).toEqual(['  Renamed "vm-101-disk-0" to "base-101-disk-0" in volume group "pve"'])
    const clone = await storages.linkedClone(base, 102, context)
    expect(printed()).toEqual(['  Logical volume "vm-102-disk-0" created.'])
    await storages.snapshot(clone, 's1', context)
    printed()
    await storages.free(clone, context)
    expect(printed()).toEqual([
      '  Logical volume "snap_vm-102-disk-0_s1" successfully removed.',
      '  Logical volume "vm-102-disk-0" successfully removed.',
    ])
  })

  it('names a disk that is not there any more, without an error', async () => {
    const { storages, context, printed } = storageNode(...defaultStorages(['dir']))
    await storages.free('local:101/vm-101-disk-0.raw', context)
    expect(printed()).toEqual(["disk image '/var/lib/vz/images/101/vm-101-disk-0.raw' does not exist"])
  })
})

describe('the list of contents', () => {
  it('has an entry for each volume, sorted by its id', async () => {
    const { storages, context } = storageNode(...defaultStorages(['dir']))
    for (const vmid of [102, 101]) await storages.allocate({ storage: 'local', vmid, size: GIB }, context)
    storages.addFile('local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst', 'pve1', 126)
    expect(storages.list('local', 'pve1')).toEqual([
      {
        volid: 'local:101/vm-101-disk-0.raw',
        format: 'raw',
        size: GIB,
        content: 'rootdir',
        ctime: 1_700_000_000,
        vmid: 101,
        used: expect.any(Number),
      },
      expect.objectContaining({ volid: 'local:102/vm-102-disk-0.raw' }),
      { volid: OS_TEMPLATE, format: 'tgz', size: 2 * 1024 ** 2, content: 'vztmpl', ctime: 1_700_000_000 },
      {
        volid: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
        format: 'tzst',
        size: 126,
        content: 'vztmpl',
        ctime: 1_700_000_000,
      },
    ])
    expect(storages.list('local', 'pve1', { content: 'vztmpl' })).toHaveLength(2)
    expect(storages.list('local', 'pve1', { vmid: 103 })).toEqual([])
  })

  it('tells the parent of a linked clone', async () => {
    const { storages, context, volid } = await withDisk('zfspool')
    await storages.linkedClone(await storages.createBase(volid, context), 102, context)
    expect(storages.list('local-zfs', 'pve1', { vmid: 102 })).toEqual([
      {
        volid: 'local-zfs:basevol-101-disk-0/subvol-102-disk-0',
        format: 'subvol',
        size: GIB,
        content: 'rootdir',
        ctime: 1_700_000_000,
        vmid: 102,
        name: 'subvol-102-disk-0',
        parent: 'basevol-101-disk-0@__base__',
      },
    ])
  })

  it('is that of the node, unless the storage is shared', async () => {
    const { storages, context } = storageNode(...defaultStorages(['dir', 'rbd']))
    const local = await storages.allocate({ storage: 'local', vmid: 101, size: GIB }, context)
    const shared = await storages.allocate({ storage: 'ceph', vmid: 101, size: GIB }, context)
    expect(storages.volume(local, 'pve2')).toBeUndefined()
    expect(storages.volume(shared, 'pve2')).toMatchObject({ volid: shared })
    expect(storages.ownedBy(101, 'pve2')).toEqual([shared])
    expect(storages.usage('local', 'pve2').used).toBe(0)
    expect(storages.usage('ceph', 'pve2').used).toBeGreaterThan(0)
  })
})

describe('space', () => {
  it('of a thick disk is taken at once, that of a thin one as it fills, that of a linked clone hardly', async () => {
    const thick = await withDisk('lvm')
    expect(thick.storages.usage('lvm', 'pve1').used).toBe(GIB)
    const { storages, context, volid } = await withDisk('lvmthin')
    const thin = storages.usage('local-lvm', 'pve1').used
    expect(thin).toBeLessThan(GIB / 10)
    await storages.linkedClone(await storages.createBase(volid, context), 102, context)
    expect(storages.usage('local-lvm', 'pve1').used - thin).toBeLessThanOrEqual(1024 ** 2)
  })

  it('comes out the same when the volumes are read anew', async () => {
    const { storages, context, volid } = await withDisk('zfspool')
    await storages.linkedClone(await storages.createBase(volid, context), 102, context)
    const before = [storages.usage('local-zfs', 'pve1'), storages.list('local-zfs', 'pve1')]
    storages.reindex()
    expect([storages.usage('local-zfs', 'pve1'), storages.list('local-zfs', 'pve1')]).toEqual(before)
  })

  it('and volumes are found without a look at all the others', async () => {
    const { storages, context, volid, volumes } = await withDisk('lvmthin', 100)
    const base = await storages.createBase(volid, context)
    for (let vmid = 1000; vmid < 3000; vmid += 1) await storages.linkedClone(base, vmid, context)
    let looks = 0
    const get = volumes.get.bind(volumes)
    volumes.get = (key) => {
      looks += 1
      return get(key)
    }
    volumes.values = () => expect.unreachable()
    const clone = await storages.linkedClone(base, 5000, context)
    await storages.snapshot(clone, 'one', context)
    expect(storages.list('local-lvm', 'pve1', { vmid: 5000 })).toHaveLength(1)
    storages.usage('local-lvm', 'pve1')
    await storages.free(clone, context)
    expect(looks).toBeLessThan(50)
  })
})
