import { beforeEach, describe, expect, test } from 'vitest'
import { type Api, OS_TEMPLATE, openApi } from '../../../support/router.js'

let api: Api
const rows = async (path: string, as?: string) =>
  (await api.answer('GET', path, as === undefined ? {} : { as })).data as Record<string, unknown>[]
const create = (vmid: number, more = {}) =>
  api.task('POST', '/nodes/pve1/lxc', { form: { vmid, ostemplate: OS_TEMPLATE, rootfs: 'local-lvm:1', ...more } })

describe('the version', () => {
  test('says that it is a simulator', async () => {
    api = await openApi()
    const data = { version: '9.2.11', release: '9.2', repoid: expect.stringMatching(/^[0-9a-f]{16}-simulated$/) }
    expect((await api.answer('GET', '/version', { as: 'nobody@pve!low' })).data).toEqual(data)
    expect((await api.answer('GET', '/nodes/pve1/version')).data).toEqual(data)
  })

  test('is the one that was asked for', async () => {
    api = await openApi({ version: '8.4' })
    expect((await api.answer('GET', '/version')).data).toMatchObject({ version: '8.4.14', release: '8.4' })
  })
})

describe('nodes', () => {
  beforeEach(async () => {
    api = await openApi({ nodes: ['pve1', 'pve2'] })
  })

  test('appear to everybody, their figures only to those who may see them', async () => {
    const [node] = await rows('/nodes', 'nobody@pve!low')
    expect(node).toEqual({
      id: 'node/pve1',
      node: 'pve1',
      type: 'node',
      status: 'online',
      level: '',
      ssl_fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    })
    expect((await rows('/nodes'))[1]).toMatchObject({
      node: 'pve2',
      maxcpu: expect.any(Number),
      mem: expect.any(Number),
    })
  })

  test('form a cluster with quorum when there are several', async () => {
    expect(await rows('/cluster/status')).toMatchObject([
      { type: 'cluster', id: 'cluster', nodes: 2, quorate: 1 },
      { type: 'node', id: 'node/pve1', nodeid: 1, local: 1, online: 1 },
      { type: 'node', id: 'node/pve2', nodeid: 2, local: 0, online: 1 },
    ])
    const low = await api.answer('GET', '/cluster/status', { as: 'nobody@pve!low' })
    expect(low).toMatchObject({ status: 403, reason: 'Permission check failed (/, Sys.Audit)' })
  })

  test('list the bridges that the caller may use', async () => {
    expect(await rows('/nodes/pve1/network?type=any_bridge')).toMatchObject([
      { iface: 'vmbr0', type: 'bridge', active: 1 },
    ])
    expect(await rows('/nodes/pve1/network?type=any_bridge', 'nobody@pve!low')).toEqual([])
    expect((await rows('/nodes/pve1/network')).map(({ iface }) => iface)).toEqual(['eno1', 'vmbr0'])
  })
})

describe('the next free VMID', () => {
  beforeEach(async () => {
    api = await openApi()
  })

  test('is a text, and reserves nothing', async () => {
    expect((await api.answer('GET', '/cluster/nextid')).body).toEqual({ data: '100' })
    expect((await api.answer('GET', '/cluster/nextid')).body).toEqual({ data: '100' })
    await create(100)
    expect((await api.answer('GET', '/cluster/nextid')).data).toBe('101')
    expect((await api.answer('GET', '/cluster/nextid?vmid=700')).data).toBe('700')
  })

  test('is refused by name when it is taken', async () => {
    await create(100)
    expect((await api.answer('GET', '/cluster/nextid?vmid=100')).body).toMatchObject({
      errors: { vmid: 'VM 100 already exists' },
    })
  })
})

describe('cluster resources', () => {
  beforeEach(async () => {
    api = await openApi({
      tokens: [{ id: 'root@pam!audit', grants: [{ path: '/vms/101', privileges: ['VM.Audit'] }] }],
    })
    await create(101, { hostname: 'one', tags: 'b;a' })
    await create(102)
  })

  test('know a new container only after a round of pvestatd, but its tags at once', async () => {
    expect((await rows('/cluster/resources?type=vm'))[0]).toEqual({
      id: 'lxc/101',
      vmid: 101,
      node: 'pve1',
      type: 'lxc',
      status: 'unknown',
      tags: 'a;b',
    })
    await api.clock.advance(10_000)
    expect((await rows('/cluster/resources?type=vm'))[0]).toMatchObject({ status: 'stopped', name: 'one', template: 0 })
  })

  test('show only what the caller may see', async () => {
    expect((await rows('/cluster/resources', 'root@pam!audit')).map(({ id }) => id)).toEqual(['lxc/101', 'node/pve1'])
    expect((await rows('/cluster/resources?type=storage', 'nobody@pve!low')).map(({ id }) => id)).toEqual([])
  })

  test('have pools and the network only when nothing is filtered', async () => {
    await api.answer('POST', '/pools', { form: { poolid: 'lab' } })
    const ids = (await rows('/cluster/resources')).map(({ id }) => id)
    expect(ids).toEqual([
      '/pool/lab',
      'lxc/101',
      'lxc/102',
      'node/pve1',
      'storage/pve1/local',
      'storage/pve1/local-lvm',
      'network/pve1/zone/localnetwork',
    ])
    expect(await rows('/cluster/resources?type=sdn')).toEqual([])
  })

  test('call the network sdn in older versions', async () => {
    api = await openApi({ version: '8.4' })
    expect(await rows('/cluster/resources?type=sdn')).toMatchObject([{ id: 'sdn/pve1/localnetwork', type: 'sdn' }])
  })
})

describe('pools', () => {
  beforeEach(async () => {
    api = await openApi()
    await create(101)
    for (const poolid of ['one', 'two'])
      await api.answer('POST', '/pools', { form: { poolid, comment: `Pool ${poolid}` } })
  })

  const put = async (form: Readonly<Record<string, string | number>>) =>
    (await api.answer('PUT', '/pools', { form })).reason

  test('take containers and storages in and let them go', async () => {
    expect(await put({ poolid: 'one', vms: '101', storage: 'local' })).toBe('OK')
    await api.clock.advance(10_000)
    const [pool] = await rows('/pools?poolid=one')
    expect(pool).toMatchObject({
      poolid: 'one',
      comment: 'Pool one',
      members: [{ id: 'lxc/101' }, { id: 'storage/pve1/local' }],
    })
    expect((await rows('/cluster/resources?type=vm'))[0]).toMatchObject({ vmid: 101, pool: 'one' })
    expect(await put({ poolid: 'one', vms: '101', storage: 'local', delete: 1 })).toBe('OK')
    expect(await rows('/pools?poolid=one')).toMatchObject([{ members: [] }])
  })

  test('refuse in the words of Proxmox', async () => {
    await put({ poolid: 'one', vms: '101' })
    expect(await put({ poolid: 'one', vms: '101' })).toBe('update pools failed: VM 101 is already a pool member')
    expect(await put({ poolid: 'two', vms: '101', delete: 1 })).toBe('update pools failed: VM 101 is not a pool member')
    expect(await put({ poolid: 'two', vms: '101' })).toBe(
      "update pools failed: VM 101 belongs already to pool 'one' and 'allow-move' is not set",
    )
    expect(await put({ poolid: 'two', vms: '101', 'allow-move': 1 })).toBe('OK')
    expect(await put({ poolid: 'none', vms: '101' })).toBe("update pools failed: pool 'none' does not exist")
    expect((await api.answer('DELETE', '/pools?poolid=two')).reason).toBe(
      "delete pool failed: pool 'two' is not empty (contains VM 101)",
    )
    expect((await api.answer('GET', '/pools?poolid=none')).reason).toBe("pool 'none' does not exist")
  })

  test('change as a whole or not at all', async () => {
    await put({ poolid: 'one', vms: '101' })
    expect(await put({ poolid: 'two', comment: 'new', vms: '102,101', storage: 'local' })).toMatch(/belongs already/)
    expect(await rows('/pools?poolid=two')).toEqual([{ poolid: 'two', comment: 'Pool two', members: [] }])
    expect((await api.answer('DELETE', '/pools?poolid=two')).status).toBe(200)
  })

  test('go although somebody belongs to them who is gone', async () => {
    expect(await put({ poolid: 'one', vms: '777', storage: 'nosuch' })).toBe('OK')
    expect((await api.answer('DELETE', '/pools?poolid=one')).status).toBe(200)
  })

  test('answer under their own path too, without their id, and nest in pools that exist', async () => {
    await put({ poolid: 'one', vms: '101' })
    const { data } = await api.answer('GET', '/pools/one?type=lxc')
    expect(data).toMatchObject({ comment: 'Pool one', members: [{ id: 'lxc/101' }] })
    expect(Object.keys(data as object)).not.toContain('poolid')
    expect((await api.answer('PUT', '/pools/one', { form: { vms: '101', delete: 1 } })).status).toBe(200)
    expect((await api.answer('POST', '/pools', { form: { poolid: 'none/below' } })).reason).toBe(
      "create pool failed: parent 'none' of pool 'none/below' does not exist",
    )
    await api.answer('POST', '/pools', { form: { poolid: 'one/below' } })
    expect((await api.answer('DELETE', '/pools/one')).reason).toBe(
      "delete pool failed: pool 'one' is not empty (contains pool 'one/below')",
    )
    expect((await api.answer('DELETE', '/pools?poolid=one/below')).status).toBe(200)
    expect((await api.answer('DELETE', '/pools/one')).status).toBe(200)
  })

  test('are seen by those who may audit them', async () => {
    expect(await rows('/pools', 'nobody@pve!low')).toEqual([])
    expect(await rows('/pools')).toEqual([
      { poolid: 'one', comment: 'Pool one' },
      { poolid: 'two', comment: 'Pool two' },
    ])
  })
})

describe('permissions', () => {
  beforeEach(async () => {
    api = await openApi({
      tokens: [
        {
          id: 'root@pam!some',
          grants: [
            { path: '/vms', privileges: ['VM.Audit'] },
            { path: '/storage/local', role: 'PVEDatastoreUser', propagate: false },
          ],
        },
      ],
    })
  })

  const permissions = async (path: string, as?: string) =>
    (await api.answer('GET', `/access/permissions${path}`, as ? { as } : {})).data

  test('of a token are those of its entries, with whether they propagate', async () => {
    expect(await permissions('', 'root@pam!some')).toEqual({
      '/vms': { 'VM.Audit': 1 },
      '/storage/local': { 'Datastore.AllocateSpace': 0, 'Datastore.Audit': 0 },
    })
    expect(await permissions('?path=/vms/7', 'root@pam!some')).toEqual({ '/vms/7': { 'VM.Audit': 1 } })
    expect(await permissions('?path=/nodes', 'root@pam!some')).toEqual({ '/nodes': {} })
  })

  test('of a token without entries are none', async () => {
    expect(await permissions('', 'nobody@pve!low')).toEqual({})
  })

  test('of others may be asked by auditors only', async () => {
    expect(await permissions('?path=/vms&userid=root@pam!some')).toEqual({ '/vms': { 'VM.Audit': 1 } })
    const refused = await api.answer('GET', '/access/permissions?userid=root@pam', { as: 'nobody@pve!low' })
    expect(refused.reason).toBe('Permission check failed (/access, Sys.Audit)')
  })
})
