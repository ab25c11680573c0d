import { expect, test } from 'vitest'
import { addContainers, addTemplate } from '../../../src/lib/simulator/premade.js'
import { defaultStorages } from '../../../src/lib/simulator/storage/storage-config.js'
import { type Api, OS_TEMPLATE, openApi } from '../../support/router.js'

const rows = async (api: Api, path: string) => (await api.answer('GET', path)).data as Record<string, unknown>[]

test('ten thousand containers are listed, each once, and one of them is as good as any other', async () => {
  const api = await openApi()
  await api.clock.settled(addTemplate(api.cluster, api.router, { osTemplate: OS_TEMPLATE, storage: 'local-lvm' }))
  await addContainers(api.cluster, 10_000)

  const listed = await rows(api, '/nodes/pve1/lxc')
  expect(new Set(listed.map(({ vmid }) => vmid)).size).toBe(10_001)
  expect(listed.filter(({ template }) => template === 1).map(({ vmid }) => vmid)).toEqual([9000])
  expect(await rows(api, '/cluster/resources?type=vm')).toHaveLength(10_001)
  expect((await api.answer('GET', '/cluster/nextid')).data).toBe('10101')

  expect(await api.task('POST', '/nodes/pve1/lxc/7000/status/start')).toBe('OK')
  expect(await api.answer('GET', '/nodes/pve1/lxc/7000/status/current')).toMatchObject({ data: { status: 'running' } })
})

test('containers are spread over the nodes that share a storage', async () => {
  const api = await openApi({ nodes: ['pve1', 'pve2'], storages: defaultStorages(['rbd']) })
  await api.clock.settled(addTemplate(api.cluster, api.router, { osTemplate: OS_TEMPLATE, storage: 'ceph' }))
  await addContainers(api.cluster, 10)
  expect(await rows(api, '/nodes/pve1/lxc')).toHaveLength(6)
  expect(await rows(api, '/nodes/pve2/lxc')).toHaveLength(5)
})
