import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultStorages } from '../../../../src/lib/simulator/storage/storage-config.js'
import { type Api, OS_TEMPLATE, openApi } from '../../../support/router.js'

const CONTENT = '/nodes/pve1/storage/local/content'

let api: Api

beforeEach(async () => {
  const [local, other, ...rest] = defaultStorages(['dir', 'btrfs'])
  if (local === undefined || other === undefined) throw new Error('two storages were asked for')
  const storages = [
    { ...local, content: ['images', 'rootdir', 'vztmpl'] as const },
    { ...other, nodes: ['pve2'] },
    ...rest,
  ]
  api = await openApi({ storages, osTemplates: [{ volid: OS_TEMPLATE, size: 2 ** 20 }], nodes: ['pve1', 'pve2'] })
})
afterEach(() => api.cluster.close())

describe('single volumes', () => {
  test('are made under a name of their container or the next free one, told about, and deleted in a task', async () => {
    const made = async (form: Record<string, string | number>) => (await api.answer('POST', CONTENT, { form })).data
    expect(await made({ filename: 'vm-101-disk-7.raw', vmid: 101, size: '64M' })).toBe('local:101/vm-101-disk-7.raw')
    expect(await made({ filename: '', vmid: 101, size: 1024 })).toBe('local:101/vm-101-disk-0.raw')
    expect((await api.answer('GET', `${CONTENT}/local:101/vm-101-disk-7.raw`)).data).toEqual({
      path: '/var/lib/vz/images/101/vm-101-disk-7.raw',
      size: 64 * 2 ** 20,
      used: expect.any(Number),
      format: 'raw',
    })
    expect((await api.answer('GET', `${CONTENT}/${OS_TEMPLATE}`)).data).toMatchObject({ size: 2 ** 20, format: 'raw' })
    const upid = (await api.answer('DELETE', `${CONTENT}/101%2Fvm-101-disk-7.raw`)).data
    expect(upid).toMatch(/:imgdel:101@local:root@pam!full:$/)
  })

  test.each([
    ['local-btrfs:101/vm-101-disk-0.raw', 400, { volume: 'storage ID mismatch (local-btrfs != local)\n' }],
    ['nonsense', 500, undefined],
  ])('are not found as %s', async (volume, status, errors) => {
    const { status: answered, body } = await api.answer('DELETE', `${CONTENT}/${volume}`)
    expect([answered, (body as { errors?: unknown }).errors]).toEqual([status, errors])
  })

  test('are deleted by those who may allocate on their storage, whoever owns the container', async () => {
    expect((await api.answer('DELETE', `${CONTENT}/101/vm-101-disk-0.raw`, { as: 'nobody@pve!low' })).reason).toBe(
      'Permission check failed (/storage/local, Datastore.Allocate)',
    )
  })
})

describe('storages', () => {
  const listed = async (query: string) =>
    ((await api.answer('GET', `/nodes/pve1/storage${query}`)).data as { storage: string; enabled: number }[]).map(
      ({ storage, enabled }) => [storage, enabled],
    )

  test('of other nodes are listed as not enabled, unless a content is asked for', async () => {
    expect(await listed('')).toEqual([
      ['local', 1],
      ['local-btrfs', 0],
    ])
    expect(await listed('?content=rootdir')).toEqual([['local', 1]])
    const { body } = await api.answer('GET', '/nodes/pve1/storage?storage=local-btrfs&content=rootdir')
    expect(body).toMatchObject({ errors: { storage: 'No such storage.' } })
  })

  test('name the privileges that would do in the order of Proxmox', async () => {
    for (const path of ['', '/status', '/content'])
      expect((await api.answer('GET', `/nodes/pve1/storage/local${path}`, { as: 'nobody@pve!low' })).reason).toBe(
        'Permission check failed (/storage/local, Datastore.Audit|Datastore.AllocateSpace)',
      )
  })
})
