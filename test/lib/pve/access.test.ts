import { expect, test } from 'vitest'
import { missingPrivileges, type Permissions } from '../../../src/lib/pve/access.js'

const granted: Permissions = {
  '/': { 'Sys.Audit': true, 'Sys.Modify': false },
  '/vms': { 'VM.Audit': true, 'VM.Clone': false },
  '/vms/101': { 'VM.PowerMgmt': true },
}
const missing = (path: string, ...privileges: string[]) => missingPrivileges(granted, [{ path, privileges }])

test('a privilege on the path itself counts, whether or not it propagates', () => {
  expect(missing('/vms', 'VM.Audit', 'VM.Clone')).toEqual([])
})

test('from above only what propagates counts', () => {
  expect(missing('/vms/300', 'VM.Audit', 'VM.Clone')).toEqual([{ path: '/vms/300', privileges: ['VM.Clone'] }])
  expect(missing('/nodes/pve1', 'Sys.Audit', 'Sys.Modify')).toEqual([
    { path: '/nodes/pve1', privileges: ['Sys.Modify'] },
  ])
})

test('a lower level replaces the upper one', () => {
  expect(missing('/vms/101', 'VM.PowerMgmt', 'VM.Audit')).toEqual([{ path: '/vms/101', privileges: ['VM.Audit'] }])
  expect(missing('/vms/102', 'Sys.Audit')).toEqual([{ path: '/vms/102', privileges: ['Sys.Audit'] }])
})

test('where one of several is enough, one meets the need', () => {
  const need = { path: '/vms', privileges: ['VM.Allocate', 'VM.Audit'], any: true }
  expect(missingPrivileges(granted, [need])).toEqual([])
  expect(missingPrivileges({}, [need])).toEqual([need])
})

test('a token without any ACL lacks everything', () => {
  expect(missingPrivileges({}, [{ path: '/storage/local', privileges: ['Datastore.Audit'] }])).toHaveLength(1)
})
