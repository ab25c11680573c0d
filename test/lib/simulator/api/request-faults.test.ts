import { expect, test } from 'vitest'
import { type Api, OS_TEMPLATE, openApi } from '../../../support/router.js'

const CONFIG = '/nodes/pve1/lxc/101/config'

/** A cluster with container 101 and a misfortune for the first change of its configuration. */
async function withFault(fault: Readonly<Record<string, unknown>>): Promise<Api> {
  const api = await openApi({ faults: [{ on: `PUT ${CONFIG}`, ...fault }] })
  await api.task('POST', '/nodes/pve1/lxc', { form: { vmid: 101, ostemplate: OS_TEMPLATE, rootfs: 'local-lvm:1' } })
  return api
}

const change = (api: Api) => api.call('PUT', CONFIG, { form: { tags: 'changed' } })
const tags = async (api: Api) => ((await api.answer('GET', CONFIG)).data as { tags?: string }).tags

test('drop-before: no answer and no effect, once', async () => {
  const api = await withFault({ do: 'drop-before' })
  expect(await change(api)).toBe('drop')
  expect(await tags(api)).toBeUndefined()
  expect(await change(api)).toMatchObject({ status: 200 })
})

test('drop-answer: no answer, but the effect', async () => {
  const api = await withFault({ do: 'drop-answer' })
  expect(await change(api)).toBe('drop')
  expect(await tags(api)).toBe('changed')
})

test('596: the gateway gives up on something that was done', async () => {
  const api = await withFault({ do: '596' })
  expect(await change(api)).toMatchObject({ status: 596, reason: 'Connection timed out', body: '' })
  expect(await tags(api)).toBe('changed')
})

test('596-late: it is done after the answer', async () => {
  const api = await withFault({ do: '596-late', ms: 5000 })
  expect(await change(api)).toMatchObject({ status: 596 })
  expect(await tags(api)).toBeUndefined()
  await api.clock.advance(5000)
  expect(await tags(api)).toBe('changed')
})

test('fail: the status and message of the script, and no effect', async () => {
  const api = await withFault({ do: 'fail', status: 503, message: 'out of order' })
  expect(await change(api)).toMatchObject({ status: 503, reason: 'out of order', body: { message: 'out of order\n' } })
  expect(await tags(api)).toBeUndefined()
})

test('delay: the answer takes that much longer', async () => {
  const api = await withFault({ do: 'delay', ms: 7000 })
  const began = api.clock.now()
  expect(await change(api)).toMatchObject({ status: 200 })
  expect(api.clock.now() - began).toBe(7000)
})

test('power-cut: done, but lost with the last writes', async () => {
  const api = await withFault({ do: 'power-cut', writes: 1 })
  expect(await change(api)).toBe('drop')
  expect(await tags(api)).toBeUndefined()
})

test('kill-worker: the task that the answer names ends where it is', async () => {
  const api = await openApi({ faults: [{ on: 'POST /nodes/*/lxc', do: 'kill-worker' }] })
  const form = { vmid: 101, ostemplate: OS_TEMPLATE, rootfs: 'local-lvm:1' }
  expect(await api.task('POST', '/nodes/pve1/lxc', { form })).toBe('unexpected status')
  expect((await api.answer('GET', CONFIG)).data).toMatchObject({ lock: 'create' })
})

test('a rule can be for one container only', async () => {
  const api = await openApi({ faults: [{ on: 'GET /nodes/*/lxc/*/config', where: { vmid: 102 }, do: 'drop-before' }] })
  expect(await api.call('GET', '/nodes/pve1/lxc/101/config')).toMatchObject({ status: 500 })
  expect(await api.call('GET', '/nodes/pve1/lxc/102/config')).toBe('drop')
})

test('lose-quorum: nothing of the configuration can be changed until it is back, and the cluster says so', async () => {
  const api = await openApi({
    nodes: ['pve1', 'pve2'],
    faults: [{ on: 'GET /version', do: 'lose-quorum', ms: 10_000 }],
  })
  const form = { vmid: 101, ostemplate: OS_TEMPLATE, rootfs: 'local-lvm:1' }
  await api.task('POST', '/nodes/pve1/lxc', { form })
  await api.answer('GET', '/version')
  expect((await api.answer('GET', '/cluster/status')).data).toMatchObject([{ type: 'cluster', quorate: 0 }, {}, {}])
  const refused = { status: 500, reason: 'cluster not ready - no quorum?' }
  expect(await api.answer('POST', '/nodes/pve1/lxc/101/clone', { form: { newid: 102 } })).toMatchObject(refused)
  expect(await api.answer('POST', '/nodes/pve1/lxc/101/status/start')).toMatchObject(refused)
  expect(await change(api)).toMatchObject({ status: 500, reason: expect.stringContaining('- Permission denied') })
  await api.clock.advance(10_000)
  expect(await change(api)).toMatchObject({ status: 200 })
})
