import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPveClient, missingPrivileges, type PveClient, type Upid } from '../../../src/lib/pve/client.js'
import { startTestSimulator, type TestSimulator } from '../../support/simulator.js'

const OS_TEMPLATE = 'local:vztmpl/alpine-3.20-default_20240908_amd64.tar.xz'
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  )

const clientOf = (simulator: TestSimulator, token = simulator.token): PveClient =>
  createPveClient(
    { url: simulator.url, token, tls: { verify: true, fingerprint: simulator.fingerprint } },
    { clock: simulator.cluster.clock },
  )

/** A small container on the thin pool. */
async function create(
  { client, node }: { client: PveClient; node: string },
  vmid: number,
  options = {},
): Promise<{ vmid: number; node: string }> {
  const upid = await client.containers.create(node, {
    vmid,
    ostemplate: OS_TEMPLATE,
    hostname: `ct${vmid}`,
    description: 'made by a test',
    options: {
      rootfs: 'local-lvm:1',
      memory: 64,
      swap: 0,
      unprivileged: true,
      net0: 'name=eth0,bridge=vmbr0,ip=dhcp',
      tags: 'test',
      ...options,
    },
  })
  await client.tasks.wait(upid)
  return { vmid, node }
}

describe('the story of a container', () => {
  let simulator: TestSimulator
  let client: PveClient
  let node: string
  const done = async (upid: Promise<Upid>) => client.tasks.wait(await upid)
  beforeAll(async () => {
    simulator = await startTestSimulator()
    client = clientOf(simulator)
    node = simulator.node
  })
  afterAll(async () => {
    await client.close()
    await simulator.close()
  })

  test('the cluster says what it has', async () => {
    expect(await client.version()).toMatchObject({ release: expect.stringMatching(/^9\./) })
    expect(await client.nodes.list()).toEqual([expect.objectContaining({ node, status: 'online' })])
    expect((await client.nodes.status(node)).memory.total).toBeGreaterThan(0)
    expect((await client.cluster.status()).nodes).toEqual([expect.objectContaining({ name: node, online: true })])
    const storages = await client.storages.list(node)
    const thin = storages.find(({ storage }) => storage === 'local-lvm')
    expect(thin && client.storages.capabilities(thin)).toMatchObject({
      containers: true,
      linkedClones: true,
      snapshots: true,
    })
    expect((await client.storages.content(node, 'local', { content: 'vztmpl' })).map(({ volid }) => volid)).toContain(
      OS_TEMPLATE,
    )
    expect((await client.appliances.available(node)).length).toBeGreaterThan(0)
    const permissions = await client.access.permissions()
    expect(missingPrivileges(permissions, [{ path: '/vms/101', privileges: ['VM.Allocate', 'VM.Clone'] }])).toEqual([])
  })

  test('create, change, start, address, snapshot, roll back, template, clone, delete', async () => {
    const vmid = await client.cluster.nextId()
    const ct = await create({ client, node }, vmid)
    expect(await client.containers.find(`ct${vmid}`)).toMatchObject({ vmid, node, tags: ['test'] })
    const { digest } = await client.containers.config(ct)
    await client.containers.update(ct, { set: { tags: 'b;a', memory: 128 }, digest })
    expect(await failure(client.containers.update(ct, { set: { tags: 'c' }, digest }))).toMatchObject({
      code: 'changed',
    })
    expect(await client.containers.config(ct)).toMatchObject({ tags: ['a', 'b'], options: { memory: 128 } })

    expect(await client.containers.interfaces(ct)).toBeNull()
    await done(client.containers.start(ct))
    expect(await client.containers.status(ct)).toMatchObject({ status: 'running' })
    expect((await client.containers.interfaces(ct))?.map(({ name }) => name)).toContain('lo')
    expect(await failure(client.containers.start(ct))).toMatchObject({ code: 'conflict' })
    await done(client.containers.resize(ct, 'rootfs', '+1G'))
    await done(client.containers.reboot(ct, { timeout: 5 }))
    await done(client.containers.shutdown(ct, { timeout: 5, forceStop: true }))
    expect((await client.containers.list()).find((entry) => entry.vmid === vmid)).toMatchObject({ status: 'stopped' })

    await done(client.snapshots.create(ct, 'pristine', { description: 'clean' }))
    await client.containers.update(ct, { set: { hostname: 'changed' } })
    await done(client.snapshots.rollback(ct, 'pristine'))
    expect((await client.containers.config(ct)).hostname).toBe(`ct${vmid}`)
    expect((await client.snapshots.list(ct)).map(({ name, description }) => [name, description])[0]).toEqual([
      'pristine',
      'clean',
    ])
    await done(client.snapshots.remove(ct, 'pristine'))

    await client.containers.convertToTemplate(ct)
    expect(await client.containers.find(vmid)).toMatchObject({ template: true })
    const copy = { vmid: await client.cluster.nextId(), node }
    await done(client.containers.clone(ct, { newid: copy.vmid, hostname: 'copy' }))
    const cloned = await client.containers.config(copy)
    expect(cloned.hostname).toBe('copy')
    expect(cloned.description).toMatch(/^made by a test\n<!-- cmux-pve op:[0-9a-f]{16} -->\n$/)
    for (const each of [copy, ct]) await done(client.containers.remove(each, { purge: true }))
    expect(await failure(client.containers.find(vmid))).toMatchObject({ code: 'not-found' })
  })

  test('what Proxmox refuses has its code', async () => {
    const ct = await create({ client, node }, 150)
    const codeOf = async (promise: Promise<unknown>) => (await failure(promise)).code
    expect(await codeOf(client.containers.config({ vmid: 999, node }))).toBe('not-found')
    expect(await codeOf(client.nodes.status('nosuch'))).toBe('not-found')
    expect(await codeOf(create({ client, node }, 150))).toBe('exists')
    expect(await codeOf(client.containers.stop(ct))).toBe('conflict')
    expect(await codeOf(done(client.snapshots.rollback(ct, 'nosuch')))).toBe('not-found')
    expect(await codeOf(client.containers.update(ct, { set: { memory: 'much' } }))).toBe('invalid')
    await client.containers.update(ct, { set: { lock: 'backup' } })
    const locked = await failure(client.containers.remove(ct))
    expect(locked).toMatchObject({ code: 'locked', exitCode: 6, message: expect.stringContaining('(backup)') })
    expect(await codeOf(done(client.containers.start({ vmid: 998, node })))).toBe('not-found')
  })

  test('a token without rights, and one that is wrong', async () => {
    const low = clientOf(simulator, simulator.lowToken)
    const error = await failure(low.containers.config({ vmid: 150, node }))
    expect(error).toMatchObject({ code: 'forbidden', hint: expect.stringContaining('pveum acl modify /vms/150') })
    expect(await low.access.permissions()).toEqual({})
    expect(await failure(low.containers.find(150))).toMatchObject({ code: 'not-found' })
    await low.close()
    const wrong = clientOf(simulator, { ...simulator.token, secret: '00000000-0000-0000-0000-000000000000' })
    expect(await failure(wrong.version())).toMatchObject({ code: 'unauthorised', exitCode: 4 })
    await wrong.close()
  })
})

describe('each change whose answer is dropped, or which is answered 596 and carried out all the same, ends with the truth', () => {
  const BASE = '/nodes/pve1/lxc'
  const STORY: readonly (readonly [string, (client: PveClient) => Promise<unknown>])[] = [
    [`POST ${BASE}`, (client) => create({ client, node: 'pve1' }, 101)],
    [
      `PUT ${BASE}/101/config`,
      (client) => client.containers.update({ vmid: 101, node: 'pve1' }, { set: { tags: 'x;a' } }),
    ],
    [
      `PUT ${BASE}/101/resize`,
      (client) => ended(client, client.containers.resize({ vmid: 101, node: 'pve1' }, 'rootfs', '+1G')),
    ],
    [`POST ${BASE}/101/status/start`, (client) => ended(client, client.containers.start({ vmid: 101, node: 'pve1' }))],
    [
      `POST ${BASE}/101/status/reboot`,
      (client) => ended(client, client.containers.reboot({ vmid: 101, node: 'pve1' }, { timeout: 2 })),
    ],
    [`POST ${BASE}/101/status/stop`, (client) => ended(client, client.containers.stop({ vmid: 101, node: 'pve1' }))],
    [
      `POST ${BASE}/101/snapshot`,
      (client) => ended(client, client.snapshots.create({ vmid: 101, node: 'pve1' }, 'one')),
    ],
    [
      `POST ${BASE}/101/snapshot/one/rollback`,
      (client) => ended(client, client.snapshots.rollback({ vmid: 101, node: 'pve1' }, 'one')),
    ],
    [
      `DELETE ${BASE}/101/snapshot/one`,
      (client) => ended(client, client.snapshots.remove({ vmid: 101, node: 'pve1' }, 'one')),
    ],
    [`POST ${BASE}/101/template`, (client) => client.containers.convertToTemplate({ vmid: 101, node: 'pve1' })],
    [
      `POST ${BASE}/101/clone`,
      (client) => ended(client, client.containers.clone({ vmid: 101, node: 'pve1' }, { newid: 102 })),
    ],
    [`DELETE ${BASE}/102`, (client) => ended(client, client.containers.remove({ vmid: 102, node: 'pve1' }))],
  ]
  const ended = async (client: PveClient, upid: Promise<Upid>) => client.tasks.wait(await upid)

  test.each(['drop-answer', '596', '596-late'])('%s', async (misfortune) => {
    const simulator = await startTestSimulator({ faults: STORY.map(([on]) => ({ on, do: misfortune })) })
    const client = clientOf(simulator)
    for (const [, act] of STORY) await act(client)
    const tasks = await client.tasks.list('pve1', { limit: 100 })
    // Every change was carried out once; a PUT of the configuration starts no task.
    expect(tasks.map(({ type }) => type).toSorted()).toEqual(
      [
        'resize',
        'vzclone',
        'vzcreate',
        'vzdelsnapshot',
        'vzdestroy',
        'vzreboot',
        'vzrollback',
        'vzsnapshot',
        'vzstart',
        'vzstop',
        'vztemplate',
      ].toSorted(),
    )
    expect((await client.containers.list()).map(({ vmid, template }) => [vmid, template])).toEqual([[101, true]])
    await client.close()
    await simulator.close()
  })

  test('drop-before: what never arrived and is safe to repeat is repeated', async () => {
    const calls = [`POST ${BASE}`, `PUT ${BASE}/101/config`, `POST ${BASE}/101/status/start`]
    const simulator = await startTestSimulator({ faults: calls.map((on) => ({ on, do: 'drop-before' })) })
    const client = clientOf(simulator)
    for (const [on, act] of STORY) if (calls.includes(on)) await act(client)
    expect((await client.containers.list()).map(({ vmid, status, tags }) => [vmid, status, tags])).toEqual([
      [101, 'running', ['a', 'x']],
    ])
    await client.close()
    await simulator.close()
  })

  test('kill-worker: the task failed, and its lock stays', async () => {
    const simulator = await startTestSimulator({ faults: [{ on: `POST ${BASE}/101/clone`, do: 'kill-worker' }] })
    const client = clientOf(simulator)
    const ct = await create({ client, node: 'pve1' }, 101)
    await client.containers.convertToTemplate(ct)
    const error = await failure(ended(client, client.containers.clone(ct, { newid: 102 })))
    expect(error).toMatchObject({ code: 'task-failed', message: expect.stringContaining('its worker was killed') })
    expect(await failure(client.containers.clone(ct, { newid: 103 }))).toMatchObject({
      code: 'locked',
      hint: expect.stringContaining('pct unlock'),
    })
    await client.close()
    await simulator.close()
  })
})
