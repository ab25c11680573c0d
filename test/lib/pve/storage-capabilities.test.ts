import { expect, test } from 'vitest'
import { storageCapabilities } from '../../../src/lib/pve/storage-capabilities.js'

const of = (type: string, content: readonly string[] = ['rootdir', 'images']) => storageCapabilities({ type, content })

test('thin pools, ZFS, btrfs and Ceph make linked clones and snapshots', () => {
  for (const type of ['lvmthin', 'zfspool', 'btrfs', 'rbd']) {
    expect(of(type)).toMatchObject({ containers: true, snapshots: true, templates: true, linkedClones: true })
  }
})

test('directories hold templates, but neither snapshots nor linked clones', () => {
  for (const type of ['dir', 'nfs', 'cifs']) {
    expect(of(type)).toMatchObject({
      containers: true,
      snapshots: false,
      rollback: 'none',
      templates: true,
      linkedClones: false,
    })
  }
})

test('thick LVM cannot even hold a template', () => {
  expect(of('lvm')).toMatchObject({ containers: true, templates: false, linkedClones: false, snapshots: false })
})

test('ZFS rolls back to the newest snapshot only', () => {
  expect(of('zfspool').rollback).toBe('newest')
  expect(of('lvmthin').rollback).toBe('any')
})

test('under linked clones on a thin pool or btrfs the template can be deleted', () => {
  expect(of('lvmthin').protectsBase).toBe(false)
  expect(of('btrfs').protectsBase).toBe(false)
  expect(of('zfspool').protectsBase).toBe(true)
})

test('without rootdir in its content, or of another type, a storage holds no containers', () => {
  expect(of('dir', ['iso', 'vztmpl'])).toMatchObject({ containers: false, osTemplates: true, templates: false })
  expect(of('cephfs', ['rootdir', 'vztmpl'])).toMatchObject({ containers: false, osTemplates: true })
  expect(of('toString')).toMatchObject({ containers: false })
})
