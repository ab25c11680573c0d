import { expect, test } from 'vitest'
import { type StorageVolume, toVmid } from '../../../src/lib/pve/client.js'
import { linkedCloneIds } from '../../../src/lib/template/linked-clones.js'
import { chooseOsTemplate } from '../../../src/lib/template/os-template.js'

const template = (name: string) => ({ volid: `local:vztmpl/${name}`, storage: 'local', name, size: 1 })
const TEMPLATES = [
  'debian-12-standard_12.2-1_amd64.tar.zst',
  'debian-12-standard_12.12-1_amd64.tar.zst',
  'alpine-3.20.tar.xz',
].map(template)

test.each([
  ['local:vztmpl/alpine-3.20.tar.xz', 'alpine-3.20.tar.xz'],
  ['alpine-3.20.tar.xz', 'alpine-3.20.tar.xz'],
  ['alpine', 'alpine-3.20.tar.xz'],
  ['debian-12', 'debian-12-standard_12.12-1_amd64.tar.zst'],
])('%s means %s', (wanted, name) => {
  expect(chooseOsTemplate(wanted, TEMPLATES)?.name).toBe(name)
})

test('what nothing begins with is none', () => {
  expect(chooseOsTemplate('fedora', TEMPLATES)).toBeUndefined()
})

test('linked clones are read from the volume id or from the parent, whatever the storage calls a base', () => {
  const volume = (vmid: number, volid: string, parent?: string): StorageVolume => ({
    volid,
    format: 'raw',
    content: 'rootdir',
    size: 1,
    vmid: toVmid(vmid),
    ...(parent !== undefined && { parent }),
  })
  const volumes = [
    volume(9000, 'zfs:basevol-9000-disk-0'),
    volume(102, 'zfs:basevol-9000-disk-0/subvol-102-disk-0'),
    volume(101, 'rbd:vm-101-disk-0', 'base-9000-disk-0@__base__'),
    volume(101, 'rbd:vm-101-disk-1', 'base-9000-disk-1@__base__'),
    volume(103, 'zfs:basevol-90001-disk-0/subvol-103-disk-0'),
    volume(104, 'zfs:subvol-104-disk-0'),
  ]
  expect(linkedCloneIds(9000, volumes)).toEqual([101, 102])
})
