import { describe, expect, it } from 'vitest'
import { ApiError } from '../../../../src/lib/simulator/api/api-error.js'
import { defaultStorages } from '../../../../src/lib/simulator/storage/storage-config.js'
import { StorageDirectory } from '../../../../src/lib/simulator/storage/storage-directory.js'
import { storageLock } from '../../../../src/lib/simulator/storage/storage-lock.js'
import { parseVolumeId } from '../../../../src/lib/simulator/storage/volume.js'
import { storageNode } from './storage-node.js'

const refusal = (text: string) => new ApiError(500, text)
const [local, ...others] = defaultStorages(['lvmthin', 'zfspool', 'rbd'])
if (local === undefined) throw new Error('local is always there')
const directory = new StorageDirectory([
  local,
  ...others,
  { ...local, id: 'off', disabled: true },
  { ...local, id: 'far', nodes: ['pve2'] },
])

describe('the storages of an installation', () => {
  it('have the ids that one expects, with a local one for OS templates', () => {
    const ids = (...types: readonly string[]) => defaultStorages(types).map(({ id }) => id)
    expect(ids('lvmthin')).toEqual(['local', 'local-lvm'])
    expect(ids('dir', 'zfspool', 'btrfs', 'rbd', 'nfs', 'lvm')).toEqual([
      'local',
      'local-zfs',
      'local-btrfs',
      'ceph',
      'nas',
      'lvm',
    ])
    expect(ids('lvmthin', 'lvmthin')).toEqual(['local', 'local-lvm'])
  })

  it('let containers live on local only when dir was asked for', () => {
    expect(defaultStorages(['btrfs'])[0]?.content).not.toContain('rootdir')
    expect(defaultStorages(['dir'])[0]?.content).toContain('rootdir')
  })

  it('are of a known type', () => {
    expect(() => defaultStorages(['floppy'])).toThrow("unknown storage type 'floppy' (known: dir, lvmthin,")
  })
})

describe('a storage', () => {
  it('is refused when it does not exist, is disabled, or is not on the node', () => {
    expect(() => directory.get('nosuch', 'pve1')).toThrow(refusal("storage 'nosuch' does not exist"))
    expect(() => directory.get('off', 'pve1')).toThrow(refusal("storage 'off' is disabled"))
    expect(() => directory.get('far', 'pve1')).toThrow(refusal("storage 'far' is not available on node 'pve1'"))
    expect(directory.get('far', 'pve2').id).toBe('far')
  })

  it('is refused for a container that it may not hold: 400 on create, 500 on change', () => {
    expect(directory.checkContainerStorage('local-lvm', 'pve1').type).toBe('lvmthin')
    try {
      directory.checkContainerStorage('local', 'pve1')
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({
        status: 400,
        errors: { storage: "storage 'local' does not support container directories" },
      })
    }
    expect(() => directory.checkContentType('local', 'rootdir')).toThrow(
      refusal("storage 'local' does not allow content type 'rootdir' (Container)"),
    )
    expect(() => directory.checkContentType('local-lvm', 'rootdir')).not.toThrow()
  })

  it('shows no figures while it is disabled or on another node', () => {
    const { storages } = storageNode({ ...local, disabled: true }, { ...local, id: 'far', nodes: ['pve2'] })
    expect(storages.usage('local', 'pve1')).toEqual({ total: 0, used: 0, avail: 0, active: 0, enabled: 0 })
    expect(storages.usage('far', 'pve1')).toEqual({ total: 0, used: 0, avail: 0, active: 0, enabled: 0 })
    expect(storages.usage('far', 'pve2')).toMatchObject({ total: local.total, active: 1 })
  })

  it('is locked on its node, or for the whole cluster when it is shared', () => {
    expect(storageLock(directory.config('local-lvm'))).toEqual({
      name: '/var/lock/pve-manager/pve-storage-local-lvm',
      shared: false,
      timeoutMs: 10_000,
      timeoutMessage: "can't lock file '/var/lock/pve-manager/pve-storage-local-lvm' - got timeout",
      waitingMessage: 'trying to acquire lock...',
      acquiredMessage: ' OK',
    })
    expect(storageLock(directory.config('ceph'))).toEqual({
      name: 'storage-ceph',
      shared: true,
      timeoutMs: 10_000,
      timeoutMessage: "cfs-lock 'storage-ceph' error: got lock request timeout",
      waitingMessage: "trying to acquire cfs lock 'storage-ceph' ...",
    })
  })
})

describe('a volume id', () => {
  it('has a storage and a name', () => {
    expect(parseVolumeId('local:101/vm-101-disk-0.raw')).toEqual({ storage: 'local', name: '101/vm-101-disk-0.raw' })
    expect(() => parseVolumeId('local')).toThrow(refusal("unable to parse volume ID 'local'"))
  })

  it.each([
    ['local:x', "unable to parse directory volume name 'x'"],
    ['local:101/vm-102-disk-0.raw', "unable to parse directory volume name '101/vm-102-disk-0.raw'"],
    ['local-lvm:8', "unable to parse lvm volume name '8'"],
    ['local-zfs:a/b/subvol-1-disk-0', "unable to parse zfs volume name 'a/b/subvol-1-disk-0'"],
    ['ceph:x', "unable to parse rbd volume name 'x'"],
    ['nosuch:x', "storage 'nosuch' does not exist"],
  ])('%s: %s', (volid, text) => {
    expect(() => directory.contentOf(volid)).toThrow(refusal(text))
  })

  it('names an OS template, or is refused as one; whether it exists does not matter', () => {
    expect(directory.checkArchive('local:vztmpl/no-such_1_amd64.tar.zst', 'vztmpl').storage).toBe('local')
    expect(() => directory.checkArchive('local-lvm:vm-101-disk-0', 'vztmpl')).toThrow(
      refusal("unable to use volume local-lvm:vm-101-disk-0 - content type needs to be 'vztmpl'"),
    )
    expect(() => directory.checkArchive('local:debian', 'vztmpl')).toThrow(
      refusal("unable to parse directory volume name 'debian'"),
    )
    for (const path of ['/tmp/x.tar.gz', 'debian']) {
      expect(() => directory.checkArchive(path, 'vztmpl')).toThrow('Only root can pass arbitrary filesystem paths. at ')
    }
  })

  it.each([
    ['local:vztmpl/a.tar.gz', '/var/lib/vz/template/cache/a.tar.gz'],
    ['local:101/vm-101-disk-0.raw', '/var/lib/vz/images/101/vm-101-disk-0.raw'],
    ['local-lvm:vm-101-disk-0', '/dev/pve/vm-101-disk-0'],
    ['local-zfs:basevol-9-disk-0/subvol-101-disk-0', '/rpool/data/subvol-101-disk-0'],
    ['ceph:vm-101-disk-0', '/dev/rbd-pve/rbd/vm-101-disk-0'],
  ])('%s lies at %s', (volid, path) => {
    expect(directory.path(volid)).toBe(path)
  })
})
