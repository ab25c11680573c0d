import { expect, test } from 'vitest'
import { planClone, storagesOf } from '../../../src/lib/instance/clone-plan.js'
import type { ContainerConfig, StorageCapabilities } from '../../../src/lib/pve/client.js'

const config = (template: boolean, options: ContainerConfig['options']): ContainerConfig => ({
  digest: '',
  tags: [],
  template,
  options,
  lxc: [],
})
const capability = (linkedClones: boolean): StorageCapabilities => ({
  containers: true,
  osTemplates: false,
  snapshots: linkedClones,
  rollback: linkedClones ? 'any' : 'none',
  templates: true,
  linkedClones,
  protectsBase: false,
})
const capabilities = new Map([
  ['thin', capability(true)],
  ['dir', capability(false)],
])

test('the storages of a container are those of its root file system and volumes, not of bind mounts', () => {
  const options = {
    rootfs: 'thin:vm-1-disk-0,size=8G',
    mp0: 'dir:1/x.raw,mp=/a',
    mp1: '/mnt/host,mp=/b',
    net0: 'name=eth0',
  }
  expect(storagesOf(config(false, options))).toEqual(['thin', 'dir'])
})

test('a template is linked where every one of its storages can', () => {
  expect(planClone(config(true, { rootfs: 'thin:a' }), capabilities, { full: false })).toEqual({ kind: 'linked' })
  expect(planClone(config(true, { rootfs: 'thin:a', mp0: 'dir:b,mp=/b' }), capabilities, { full: false })).toEqual({
    kind: 'full',
    reason: 'storage dir has no linked clones',
  })
})

test('a storage that the token cannot see is given a try', () => {
  expect(planClone(config(true, { rootfs: 'hidden:a' }), capabilities, { full: false })).toEqual({ kind: 'linked' })
})

test('who asks for a full copy, or for another storage, gets one without a remark', () => {
  expect(planClone(config(true, { rootfs: 'thin:a' }), capabilities, { full: true })).toEqual({ kind: 'full' })
  expect(planClone(config(true, { rootfs: 'thin:a' }), capabilities, { full: false, storage: 'dir' })).toEqual({
    kind: 'full',
  })
})

test('what is no template is copied in full', () => {
  expect(planClone(config(false, { rootfs: 'thin:a' }), capabilities, { full: false })).toMatchObject({
    kind: 'full',
    reason: expect.any(String),
  })
})
