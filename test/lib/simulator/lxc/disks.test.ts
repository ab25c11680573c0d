import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Engine } from '../../../support/engine.js'

// What pve-container does with mount points, unused volumes, resize and move_volume (PVE-FACTS 3.5, 3.8, 3.10); inferred, not recorded.
const CT = '/nodes/pve1/lxc/101'

let engine: Engine
beforeEach(async () => {
  engine = await Engine.open()
})
afterEach(() => engine.close())

const put = (fields: Readonly<Record<string, string | number>>) => engine.call('PUT', `${CT}/config`, fields)
const option = (name: string) => engine.options(101)?.[name]
const volumes = () => [...engine.cluster.storages.ownedBy(101, 'pve1')].sort()

describe('a mount point', () => {
  test('becomes an unused volume when it is deleted, and a mount point again when that volume is set', async () => {
    await engine.container(101, { rootfs: 'local:1' })
    await put({ mp0: 'local:0.0005,mp=/none' })
    expect(option('mp0')).toBe('local:101/subvol-101-disk-1.subvol,mp=/none,size=0T')
    await put({ mp1: 'local:1.5,mp=/data,backup=1' })
    expect(option('mp1')).toBe('local:101/vm-101-disk-2.raw,mp=/data,backup=1,size=1536M')
    await put({ delete: 'mp1' })
    expect(option('unused0')).toBe('local:101/vm-101-disk-2.raw')
    await put({ mp2: 'local:101/vm-101-disk-2.raw,mp=/again,size=9G' })
    expect(option('mp2')).toBe('local:101/vm-101-disk-2.raw,mp=/again,size=1536M')
    expect(option('unused0')).toBeUndefined()
    await put({ delete: 'mp2' })
    await put({ delete: 'unused0' })
    expect(volumes()).not.toContain('local:101/vm-101-disk-2.raw')
  })

  test('of a running container is there at once when it is new; all else waits for the next start', async () => {
    await engine.container(101, { rootfs: 'local:1' })
    await engine.task('POST', `${CT}/status/start`)
    await put({ mp0: 'local:1,mp=/data' })
    expect(option('mp0')).toBe('local:101/vm-101-disk-1.raw,mp=/data,size=1G')
    await put({ mp0: 'local:2,mp=/data' })
    expect(option('mp0')).toBe('local:101/vm-101-disk-1.raw,mp=/data,size=1G')
    await put({ delete: 'mp0' })
    expect(await engine.data('GET', `${CT}/pending`)).toContainEqual({ key: 'mp0', value: option('mp0'), delete: 1 })
    await engine.task('POST', `${CT}/status/reboot`)
    expect(option('mp0')).toBeUndefined()
    expect(option('unused0')).toBe('local:101/vm-101-disk-1.raw')
  })

  test('is refused where no container may be, with a volume that is none, and by a token with a path', async () => {
    await engine.container(101)
    const reasons: Readonly<Record<string, string>> = {
      'nosuch:1,mp=/a': "storage 'nosuch' does not exist",
      '1,mp=/a': 'Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.',
      'local:101/x,mp=/a': "unable to parse directory volume name '101/x'",
      'local:vztmpl/x.tar.gz,mp=/a': "unable to use volume local:vztmpl/x.tar.gz - content type needs to be 'rootdir'",
      '/srv,mp=/a': 'Permission check failed (mount point type bind is only allowed for root@pam)',
    }
    for (const [mp0, reason] of Object.entries(reasons)) expect((await put({ mp0 })).reason).toBe(reason)
  })

  test('that a snapshot needs keeps its volume, and leaves it as unused when the snapshot goes', async () => {
    await engine.container(101)
    await put({ mp0: 'local-btrfs:1,mp=/data' })
    await engine.task('POST', `${CT}/snapshot`, { snapname: 'one' })
    await put({ delete: 'mp0' })
    await put({ delete: 'unused0' })
    expect(option('unused0')).toBeUndefined()
    expect(volumes()).toContain('local-btrfs:101/vm-101-disk-1.raw')
    await engine.task('DELETE', `${CT}/snapshot/one`)
    expect(option('unused0')).toBe('local-btrfs:101/vm-101-disk-1.raw')
  })

  test('that a snapshot does not know becomes unused by a rollback, and one that it knows is used again', async () => {
    await engine.container(101)
    await engine.task('POST', `${CT}/snapshot`, { snapname: 'one' })
    await engine.task('POST', `${CT}/move_volume`, { volume: 'rootfs', storage: 'local' })
    expect(option('unused0')).toBe('local-btrfs:101/vm-101-disk-0.raw')
    await engine.task('POST', `${CT}/snapshot/one/rollback`)
    expect(option('rootfs')).toBe('local-btrfs:101/vm-101-disk-0.raw,size=1G')
    expect(engine.options(101)).not.toHaveProperty('unused0')
    expect(option('unused1')).toBe('local:101/vm-101-disk-0.raw')
  })
})

describe('a rootfs that names a size', () => {
  test('is taken, and neither start nor destroy can read it any more', async () => {
    await engine.container(101)
    expect((await put({ rootfs: 'local-btrfs:8' })).status).toBe(200)
    expect(await engine.task('POST', `${CT}/status/start`)).toBe("unable to parse directory volume name '8'")
    expect(await engine.task('DELETE', CT)).toBe("unable to parse directory volume name '8'")
    expect(option('rootfs')).toBe('local-btrfs:8')
  })
})

describe('a resize', () => {
  test('is checked before its task, which waits for the lock file', async () => {
    await engine.container(101)
    const resize = (disk: string, size: string, rest = {}) =>
      engine.call('PUT', `${CT}/resize`, { disk, size, ...rest })
    expect((await resize('rootfs', '1G')).reason).toBe('disk is already at specified size')
    expect((await resize('rootfs', '512M')).reason).toBe('unable to shrink disk size')
    expect((await resize('rootfs', '2G', { digest: 'x' })).reason).toMatch(/^detected modified configuration/)
    const missing = 'property is missing and it is not optional'
    expect(await resize('mp0', '2G')).toMatchObject({
      status: 500,
      reason: 'format error',
      errors: { volume: missing, mp: missing },
    })
    await engine.container(102)
    await put({ mp0: 'local-btrfs:102/vm-102-disk-0.raw,mp=/other' })
    expect((await resize('mp0', '2G')).reason).toMatch(
      /^can't resize mount point owned by another container \(102\) at \S+LXC\.pm line \d+\.$/,
    )
    expect(await engine.task('PUT', `${CT}/resize`, { disk: 'rootfs', size: '+1.5G' })).toBe('OK')
    expect(option('rootfs')).toBe('local-btrfs:101/vm-101-disk-0.raw,size=2560M')
  })
})

describe('moving a volume', () => {
  const move = (fields: Readonly<Record<string, string | number>>) => engine.task('POST', `${CT}/move_volume`, fields)

  test('copies it to another storage, or to the same, and keeps the source as unused', async () => {
    await engine.container(101)
    expect(await move({ volume: 'rootfs', storage: 'local' })).toBe('OK')
    expect(option('rootfs')).toBe('local:101/vm-101-disk-0.raw,size=1G')
    expect(option('unused0')).toBe('local-btrfs:101/vm-101-disk-0.raw')
    expect(await move({ volume: 'rootfs', storage: 'local', delete: 1 })).toBe('OK')
    expect(volumes()).toEqual(['local-btrfs:101/vm-101-disk-0.raw', 'local:101/vm-101-disk-1.raw'])
    expect(option('lock')).toBeUndefined()
  })

  test('is refused before its task, but an unknown storage is found in it, which frees the lock', async () => {
    await engine.container(101)
    await engine.task('POST', `${CT}/snapshot`, { snapname: 'one' })
    const refusal = async (fields: Readonly<Record<string, string | number>>) =>
      (await engine.call('POST', `${CT}/move_volume`, fields)).reason
    expect(await refusal({ volume: 'rootfs', storage: 'local', delete: 1 })).toBe(
      "you can't move a volume with snapshots and delete the source",
    )
    expect(await refusal({ volume: 'unused0', storage: 'local' })).toBe(
      "cannot move volume 'unused0', only configured volumes can be moved to another storage",
    )
    expect(await refusal({ volume: 'mp0', storage: 'local' })).toBe('format error')
    expect(await move({ volume: 'rootfs', storage: 'nosuch' })).toBe("storage 'nosuch' does not exist")
    expect(option('lock')).toBeUndefined()
  })
})

describe('giving a volume to another container', () => {
  const give = (fields: Readonly<Record<string, string | number>>) => engine.call('POST', `${CT}/move_volume`, fields)
  const refusal = async (fields: Readonly<Record<string, string | number>>) => (await give(fields)).reason

  beforeEach(async () => {
    await engine.container(101, { mp0: 'local-btrfs:1,mp=/data' })
    await engine.container(102)
  })

  test('renames it and moves its line, and the task names both ends', async () => {
    const upid = await engine.begin('POST', `${CT}/move_volume`, {
      ...{ volume: 'mp0', 'target-vmid': 102, 'target-volume': 'mp1' },
    })
    expect(upid).toContain(':move_volume:101-mp0>102-mp1:')
    expect(await engine.end(upid)).toBe('OK')
    expect(option('mp0')).toBeUndefined()
    expect(engine.options(102)).toMatchObject({ mp1: 'local-btrfs:102/vm-102-disk-1.raw,mp=/data,size=1G' })
    expect(volumes()).toEqual(['local-btrfs:101/vm-101-disk-0.raw'])
    expect(engine.log(upid)).toEqual([
      "moving volume 'mp0' from container '101' to '102'",
      "removing volume 'mp0' from container '101' config",
      "target container '102' updated with 'mp1'",
      'TASK OK',
    ])
  })

  test('makes of an unused volume another unused one, in the same container too', async () => {
    await put({ delete: 'mp0' })
    const fields = { volume: 'unused0', 'target-vmid': 101, 'target-volume': 'unused7' }
    expect(await engine.task('POST', `${CT}/move_volume`, fields)).toBe('OK')
    expect(engine.options(101)).toMatchObject({ unused7: 'local-btrfs:101/vm-101-disk-2.raw' })
    expect(option('unused0')).toBeUndefined()
  })

  test('is refused in the order in which Proxmox looks', async () => {
    expect(await refusal({ volume: 'rootfs', 'target-vmid': 999 })).toBe("Cannot move to/from 'rootfs'")
    const used = 'Moving an unused volume to a used one is not possible'
    expect(await refusal({ volume: 'unused0', 'target-vmid': 999, 'target-volume': 'mp1' })).toBe(used)
    expect(await refusal({ volume: 'mp0', 'target-vmid': 999 })).toBe('could not find CT 999')
    const changed = /^Container 102: detected modified configuration/
    expect(await refusal({ volume: 'mp0', 'target-vmid': 102, 'target-digest': 'x' })).toMatch(changed)
    expect(await refusal({ volume: 'mp5', 'target-vmid': 102 })).toBe("volume 'mp5' for container '101' does not exist")
    expect(await refusal({ volume: 'mp0', 'target-vmid': 101 })).toBe(
      "Target volume key 'mp0' is already in use for container '101'",
    )
    await engine.task('POST', `${CT}/status/start`)
    expect(await refusal({ volume: 'mp0', 'target-vmid': 102 })).toBe(
      'Cannot move in-use volume while the source CT is running - detach or shutdown first',
    )
    await engine.task('POST', `${CT}/snapshot`, { snapname: 'one' })
    expect(await refusal({ volume: 'mp0', 'target-vmid': 102 })).toBe(
      'Cannot move volume used by a snapshot to another container',
    )
    await put({ lock: 'backup' })
    expect(await refusal({ volume: 'mp0', 'target-vmid': 102 })).toBe('CT is locked (backup)')
  })
})
