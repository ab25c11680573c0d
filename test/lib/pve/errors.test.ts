import { describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../src/lib/errors.js'
import { classifyAnswer, classifyText } from '../../../src/lib/pve/errors.js'

const REQUEST = {
  method: 'POST',
  path: '/nodes/pve1/lxc/101/clone',
  parameters: {},
  token: 'cmux@pve!cli',
  host: 'pve1:8006',
}

interface Given {
  readonly path?: string
  readonly parameters?: Record<string, string | number>
  readonly errors?: Record<string, string>
  /** As servers before 2025 answered: the message is in the reason phrase only. */
  readonly older?: boolean
}

function classified(status: number, message: string, given: Given = {}) {
  const body = JSON.stringify({
    data: null,
    ...(!given.older && { message: `${message}\n` }),
    ...(given.errors && { errors: given.errors }),
  })
  const answer = {
    status,
    reason: message.split('\n')[0] ?? '',
    headers: {},
    body: status === 401 || status >= 595 ? '' : body,
  }
  return classifyAnswer(answer, { ...REQUEST, ...given })
}

const TEXTS: readonly (readonly [ErrorCode, string])[] = [
  ['locked', 'CT is locked (disk)'],
  ['locked', "can't lock file '/run/lock/lxc/pve-config-101.lock' - got timeout"],
  ['locked', "cfs-lock 'storage-ceph' error: got lock request timeout"],
  ['changed', 'detected modified configuration - file changed by other user? Try again.'],
  ['exists', "CT 101 already exists on node 'pve1'"],
  ['exists', "VM 101 already exists on node 'pve1'"],
  ['exists', "unable to create CT 101 - CT 101 already exists on node 'pve1'"],
  ['exists', "snapshot name 'one' already used"],
  ['in-use', "base volume 'basevol-9000-disk-0' is still in use by linked clones"],
  ['in-use', 'unable to remove CT 101 - used in HA resources and purge parameter not set.'],
  ['in-use', "There is a replication job '101-0' for guest '101' - Please remove that first."],
  ['not-found', "Configuration file 'nodes/pve1/lxc/101.conf' does not exist"],
  ['not-found', "snapshot 'one' does not exist"],
  ['not-found', "hostname lookup 'foo' failed - failed to get address info for: foo: Name or service not known"],
  ['not-found', "no such cluster node 'foo'"],
  ['not-found', "storage 'x' does not exist"],
  ['not-found', "storage 'x' is not available on node 'pve1'"],
  ['not-found', "unable to create CT 101 - volume 'local:vztmpl/x.tar.zst' does not exist"],
  ['storage-full', 'lvcreate: Cannot create new thin volume, free space in thin pool pve/data reached threshold.'],
  ['storage-full', 'mkfs.ext4: No space left on device'],
  ['storage-full', "cannot create 'rpool/data/subvol-101-disk-0': out of space"],
  ['storage-full', 'lvcreate error: Volume group "pve" has insufficient free space (10 extents): 2048 required.'],
  ['storage-full', 'tar: ./usr/bin/x: Cannot write: Disk quota exceeded'],
  ['unsupported', "Linked clone feature for 'local:9000/base-9000-disk-0.raw' is not available"],
  ['unsupported', 'snapshot feature is not available'],
  ['unsupported', "Template feature is not available for 'lvm:vm-101-disk-0'"],
  ['unsupported', "can't rollback snapshot this image format"],
  ['unsupported', "Method 'GET /nodes/pve1/foo' not implemented"],
  ['conflict', 'CT 101 already running'],
  ['conflict', 'CT 101 not running'],
  ['conflict', 'VM 101 not running'],
  ['conflict', "can't rollback, 'one' is not most recent snapshot on 'local-zfs:subvol-101-disk-0'"],
  ['conflict', "can't remove CT 101 - protection mode enabled"],
  ['conflict', 'unable to create template, because CT contains snapshots'],
  ['conflict', "you can't convert a CT to template if the CT is running"],
  ['conflict', "you can't convert a template to a template"],
  ['conflict', "you can't start a CT if it's a template"],
  ['conflict', 'unable to destroy CT 101 - container is running'],
  ['unavailable', 'cluster not ready - no quorum?'],
  ['unavailable', "cfs-lock 'storage-ceph' error: no quorum!"],
  ['unavailable', "unable to open file '/etc/pve/nodes/pve1/lxc/101.conf.tmp.4242' - Permission denied"],
]

describe('each text of Proxmox has its code', () => {
  test.each(TEXTS)('%s: %s', (code, message) => {
    expect(classified(500, message)).toMatchObject({ code })
    expect(classified(500, message, { older: true })).toMatchObject({ code })
    expect(classifyText(message)?.code).toBe(code)
  })

  test('what nobody knows is a failure with the words of Proxmox', () => {
    expect(classified(500, 'startup for container exploded')).toMatchObject({
      code: 'failed',
      message: 'container 101 on node pve1: startup for container exploded',
    })
    expect(classifyText('startup for container exploded')).toBeUndefined()
  })

  test('an error names the container and the node', () => {
    expect(classified(500, 'CT is locked (disk)').message).toBe('container 101 on node pve1: CT is locked (disk)')
  })
})

describe('a locked container', () => {
  test('says what the lock word means', () => {
    expect(classified(500, 'CT is locked (backup)').hint).toContain('A backup runs')
    expect(classified(500, 'CT is locked (snapshot-delete)').hint).toContain('with force')
  })

  test('that a killed worker left behind: the way out is pct unlock on the node', () => {
    expect(classified(500, 'CT is locked (disk)').hint).toContain('`pct unlock 101`')
    expect(classified(500, 'CT is locked (create)').hint).toContain('`pct unlock 101`')
  })
})

describe('401', () => {
  test.each([
    ['No ticket', 'must look like USER@REALM!NAME=SECRET'],
    ['Authentication failed!', 'or the token has expired'],
    ["no such user ('x@pve')", 'no such user'],
    ["no such token 'y' for user 'x@pve'", 'no such token'],
    ['invalid token value!', 'The secret is wrong'],
    ["token 'y' access expired", 'has expired'],
    ["user 'x@pve' is disabled", 'pveum user modify'],
  ])('%s', (reason, hint) => {
    const error = classified(401, reason)
    expect(error).toMatchObject({
      code: 'unauthorised',
      exitCode: 4,
      message: `pve1:8006 refused the token cmux@pve!cli: ${reason}`,
    })
    expect(error.hint).toContain(hint)
  })
})

describe('403', () => {
  test('names the privilege, and the line that grants it', () => {
    expect(classified(403, 'Permission check failed (/vms/101, VM.Clone)')).toMatchObject({
      code: 'forbidden',
      exitCode: 4,
      message: expect.stringContaining('the token cmux@pve!cli lacks VM.Clone on /vms/101'),
      hint: expect.stringContaining("pveum acl modify /vms/101 --tokens 'cmux@pve!cli' --roles PVETemplateUser"),
    })
  })

  test('with alternatives names them all and grants the first', () => {
    const error = classified(403, 'Permission check failed (/storage/local, Datastore.Audit|Datastore.AllocateSpace)')
    expect(error.message).toContain('lacks Datastore.Audit or Datastore.AllocateSpace on /storage/local')
    expect(error.hint).toContain("pveum acl modify /storage/local --tokens 'cmux@pve!cli' --roles PVEAuditor")
  })

  test('for a registered tag, and for three parts of a name', () => {
    expect(classified(403, "Permission check failed (/, Sys.Modify for modifying tag 'x')").message).toContain(
      'lacks Sys.Modify on /',
    )
    expect(classified(403, 'Permission check failed (/vms/101, VM.Config.Options)').hint).toContain(
      '--roles PVEVMAdmin',
    )
  })

  test('of a create that names nothing stands for VM.Allocate', () => {
    const error = classified(403, 'Permission check failed', { path: '/nodes/pve1/lxc', parameters: { vmid: 120 } })
    expect(error.hint).toContain("pveum acl modify /vms/120 --tokens 'cmux@pve!cli' --roles PVEVMAdmin")
  })

  test('that only root@pam would not get says that no token can', () => {
    const error = classified(
      403,
      'Permission check failed (changing feature flags (except nesting) is only allowed for root@pam)',
    )
    expect(error.hint).toContain('No API token may do that')
  })

  test('about a pool that does not exist is a matter of not finding it', () => {
    expect(classified(403, "Permission check failed (pool 'x' does not exist)")).toMatchObject({ code: 'not-found' })
  })
})

describe('400', () => {
  test('names each field with its text', () => {
    const errors = { newid: 'invalid format - value does not look like a valid VM ID\n', hostname: 'too\nlong' }
    expect(classified(400, 'Parameter verification failed.', { errors })).toMatchObject({
      code: 'invalid',
      message:
        'container 101 on node pve1: newid: invalid format - value does not look like a valid VM ID; hostname: too, long',
    })
  })

  test('with a text that says more has that code', () => {
    expect(
      classified(400, 'Parameter verification failed.', { errors: { vmid: 'VM 101 already exists' } }),
    ).toMatchObject({ code: 'exists' })
    expect(classified(400, 'Parameter verification failed.', { errors: { upid: 'no such task' } })).toMatchObject({
      code: 'not-found',
    })
    expect(
      classified(400, 'Parameter verification failed.', { errors: { storage: 'No such storage.' } }),
    ).toMatchObject({ code: 'not-found' })
  })
})

describe('no answer from the node behind', () => {
  test.each([595, 596, 597, 599, 502, 503, 504])('%d', (status) => {
    expect(classified(status, 'Connection timed out')).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`Connection timed out (${status})`),
    })
  })
})

test.each([500, 502, 530])('a proxy that answers %d in its own words is told from Proxmox', (status) => {
  const answer = { status, reason: 'Oops', headers: {}, body: '<html><h1>Oops</h1></html>' }
  expect(classifyAnswer(answer, REQUEST)).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`is not from Proxmox: Oops (${status})`),
    hint: expect.stringContaining('proxy'),
  })
})

test('an answer that Proxmox never gives points at the URL', () => {
  expect(classified(404, 'Not Found').hint).toContain('PVE_API_URL')
  const redirect = { status: 301, reason: 'Moved', headers: { location: 'https://elsewhere/' }, body: '' }
  expect(classifyAnswer(redirect, REQUEST)).toMatchObject({ message: 'pve1:8006 redirects to https://elsewhere/' })
})
