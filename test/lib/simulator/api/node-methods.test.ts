import { beforeEach, describe, expect, test } from 'vitest'
import { type Api, OS_TEMPLATE, openApi } from '../../../support/router.js'

let api: Api
const rows = async (path: string, as?: string) =>
  (await api.answer('GET', path, as === undefined ? {} : { as })).data as Record<string, unknown>[]
const create = (vmid: number, as?: string) =>
  api.task('POST', '/nodes/pve1/lxc', {
    form: { vmid, ostemplate: OS_TEMPLATE, rootfs: 'local-lvm:1', features: 'nesting=1' },
    ...(as === undefined ? {} : { as }),
  })

describe('tasks', () => {
  const MAKER = {
    id: 'root@pam!maker',
    grants: [
      { path: '/', role: 'PVEVMAdmin' },
      { path: '/storage', role: 'PVEDatastoreUser' },
    ],
  }

  beforeEach(async () => {
    api = await openApi({ tokens: [MAKER] })
    await create(101)
    await create(102, 'root@pam!maker')
  })

  test('are listed newest first, with the number of all that match', async () => {
    const reply = await api.answer('GET', '/nodes/pve1/tasks?limit=1')
    expect(reply.body).toMatchObject({
      data: [{ id: '102', user: 'root@pam', tokenid: 'maker', status: 'OK' }],
      total: 2,
    })
  })

  test('a token sees its own, and others with Sys.Audit only', async () => {
    expect((await rows('/nodes/pve1/tasks', 'root@pam!maker')).map(({ id }) => id)).toEqual(['102'])
    expect(await rows('/nodes/pve1/tasks', 'nobody@pve!low')).toEqual([])
    const [mine, other] = await rows('/nodes/pve1/tasks')
    expect(
      (await api.answer('GET', `/nodes/pve1/tasks/${mine?.['upid']}/status`, { as: 'root@pam!maker' })).status,
    ).toBe(200)
    expect(await api.answer('GET', `/nodes/pve1/tasks/${other?.['upid']}/log`, { as: 'root@pam!maker' })).toMatchObject(
      {
        status: 403,
        reason: 'Permission check failed (/nodes/pve1, Sys.Audit)',
      },
    )
    expect((await api.answer('DELETE', `/nodes/pve1/tasks/${other?.['upid']}`, { as: 'root@pam!maker' })).reason).toBe(
      'Permission check failed (/nodes/pve1, Sys.Modify)',
    )
  })

  test('can be filtered', async () => {
    const ids = async (query: string) => (await rows(`/nodes/pve1/tasks?${query}`)).map(({ id }) => id)
    expect(await ids('vmid=101')).toEqual(['101'])
    expect(await ids('typefilter=vzclone')).toEqual([])
    expect(await ids('errors=1')).toEqual([])
    expect(await ids('statusfilter=ok,warning&start=1')).toEqual(['101'])
    expect(await ids('since=1900000000')).toEqual([])
    const bad = await api.answer('GET', '/nodes/pve1/tasks?statusfilter=fine')
    expect(bad.body).toMatchObject({ errors: { statusfilter: "invalid format - invalid status 'fine'\n" } })
  })

  test('have a log of pages and one whole text', async () => {
    const [task] = await rows('/nodes/pve1/tasks?vmid=101')
    const path = `/nodes/pve1/tasks/${task?.['upid']}/log`
    const page = (await api.answer('GET', `${path}?start=1&limit=1`)).body
    expect(page).toEqual({ data: [{ n: 2, t: expect.any(String) }], total: expect.any(Number) })
    expect((await api.answer('GET', `${path}?start=500`)).body).toMatchObject({ data: [] })
    expect((await api.answer('GET', `${path}?download=1&limit=5`)).reason).toBe(
      "'download' cannot be used together with 'start' or 'limit' parameters",
    )
  })

  test('of the cluster are the recent ones of every node; a running one has no status', async () => {
    await api.answer('POST', '/nodes/pve1/lxc/101/status/start')
    expect(await rows('/cluster/tasks')).toMatchObject([
      { type: 'vzstart', user: 'root@pam', tokenid: 'full', saved: '0' },
      { type: 'vzcreate', status: 'OK', saved: '1', endtime: expect.any(Number) },
      { type: 'vzcreate' },
    ])
    expect((await rows('/cluster/tasks'))[0]).not.toHaveProperty('status')
  })
})

describe('storages', () => {
  beforeEach(async () => {
    api = await openApi({
      tokens: [
        {
          id: 'root@pam!disk',
          grants: [
            { path: '/storage/local-lvm', privileges: ['Datastore.Audit'] },
            { path: '/vms/101', privileges: ['VM.Config.Disk'] },
          ],
        },
      ],
    })
  })

  test('are those that the caller may see, filtered by what they hold', async () => {
    expect((await rows('/nodes/pve1/storage')).map(({ storage }) => storage)).toEqual(['local', 'local-lvm'])
    expect((await rows('/nodes/pve1/storage?content=vztmpl')).map(({ storage }) => storage)).toEqual(['local'])
    expect((await rows('/nodes/pve1/storage', 'root@pam!disk')).map(({ storage }) => storage)).toEqual(['local-lvm'])
    expect(await rows('/nodes/pve1/storage', 'nobody@pve!low')).toEqual([])
  })

  test('are not filtered by what no storage can hold', async () => {
    const errors = { content: "invalid format - invalid content type 'floppy'\n" }
    expect((await api.answer('GET', '/nodes/pve1/storage?content=iso,floppy')).body).toMatchObject({ errors })
    expect((await api.answer('GET', '/nodes/pve1/storage/local/content?content=floppy')).body).toMatchObject({ errors })
  })

  test('have a status without a name', async () => {
    const { data } = await api.answer('GET', '/nodes/pve1/storage/local-lvm/status')
    expect(Object.keys(data as object).sort()).toEqual([
      'active',
      'avail',
      'content',
      'enabled',
      'shared',
      'total',
      'type',
      'used',
    ])
    expect((await api.answer('GET', '/nodes/pve1/storage/none/status')).body).toMatchObject({
      errors: { storage: 'No such storage.' },
    })
  })

  test('show the disks of containers that the caller may change', async () => {
    await create(101)
    await create(102)
    expect((await rows('/nodes/pve1/storage/local-lvm/content')).map(({ volid }) => volid)).toEqual([
      'local-lvm:vm-101-disk-0',
      'local-lvm:vm-102-disk-0',
    ])
    expect((await rows('/nodes/pve1/storage/local-lvm/content', 'root@pam!disk')).map(({ vmid }) => vmid)).toEqual([
      101,
    ])
    expect((await rows('/nodes/pve1/storage/local-lvm/content?vmid=102')).map(({ vmid }) => vmid)).toEqual([102])
    expect((await api.answer('GET', '/nodes/pve1/storage/none/content')).reason).toBe("storage 'none' does not exist")
  })

  test('give up a volume in a task, or within the delay that the caller grants', async () => {
    await create(101)
    await create(102)
    expect(await api.task('DELETE', '/nodes/pve1/storage/local-lvm/content/local-lvm:vm-101-disk-0')).toBe('OK')
    expect((await rows('/nodes/pve1/tasks?typefilter=imgdel'))[0]).toMatchObject({ id: '101@local-lvm' })
    expect(await api.answer('DELETE', '/nodes/pve1/storage/local-lvm/content/vm-102-disk-0?delay=5')).toMatchObject({
      status: 200,
      data: null,
    })
    expect(await rows('/nodes/pve1/storage/local-lvm/content')).toEqual([])
    const low = await api.answer('DELETE', `/nodes/pve1/storage/local/content/${OS_TEMPLATE}`, { as: 'nobody@pve!low' })
    expect(low.reason).toBe('Permission check failed (/storage/local, Datastore.Allocate)')
  })
})

describe('appliances', () => {
  beforeEach(async () => {
    api = await openApi()
  })

  test('can be downloaded to a storage for templates', async () => {
    const [appliance] = await rows('/nodes/pve1/aplinfo')
    expect(appliance).toMatchObject({
      section: 'system',
      type: 'lxc',
      architecture: 'amd64',
      headline: expect.any(String),
    })
    const template = String(appliance?.['template'])
    expect(await api.task('POST', '/nodes/pve1/aplinfo', { form: { storage: 'local', template } })).toBe('OK')
    expect((await rows('/nodes/pve1/tasks?typefilter=download'))[0]).toMatchObject({ id: template })
    expect((await rows('/nodes/pve1/storage/local/content?content=vztmpl')).map(({ volid }) => volid)).toContain(
      `local:vztmpl/${template}`,
    )
  })

  test('are refused by name', async () => {
    const post = (storage: string, template: string) =>
      api.answer('POST', '/nodes/pve1/aplinfo', { form: { storage, template } })
    expect((await post('local', 'nope')).body).toMatchObject({ errors: { template: 'no such template' } })
    const [appliance] = await rows('/nodes/pve1/aplinfo')
    expect((await post('local-lvm', String(appliance?.['template']))).reason).toBe(
      "storage 'local-lvm' does not support templates",
    )
  })
})

test('a node has no virtual machines, and says so', async () => {
  api = await openApi()
  expect(await rows('/nodes/pve1/qemu', 'nobody@pve!low')).toEqual([])
})
