import { describe, expect, test } from 'vitest'
import { type ScriptedPve, scriptedPve } from '../../support/scripted-client.js'

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  )
const GONE = {
  status: 500,
  reason: "Configuration file 'x' does not exist",
  message: "Configuration file 'x' does not exist\n",
}
const STUCK = { status: 596, reason: 'Connection timed out' }

interface Entry {
  readonly vmid: number
  readonly node?: string
  readonly type?: string
  /** As the cluster's index knows it. */
  readonly name?: string
  /** As its configuration says. */
  readonly hostname?: string
  readonly more?: object
}

/** A cluster whose index and configurations say these things. */
async function cluster(
  entries: readonly Entry[],
  options: { onWarning?: (message: string) => void } = {},
): Promise<ScriptedPve> {
  const pve = await scriptedPve(options)
  pve.server.on('GET /cluster/resources', {
    data: entries.map(({ vmid, node = 'pve1', type = 'lxc', name }) => ({
      id: `${type}/${vmid}`,
      vmid,
      node,
      type,
      status: 'unknown',
      ...(name && { name }),
    })),
  })
  pve.server.on('GET /nodes', {
    data: [...new Set(entries.map(({ node = 'pve1' }) => node))].map((node) => ({ node, status: 'online' })),
  })
  for (const { vmid, node = 'pve1', name, hostname = name, more } of entries) {
    pve.server.on(`GET /nodes/${node}/lxc/${vmid}/config`, {
      data: { digest: 'd', ...(hostname && { hostname }), ...more },
    })
  }
  for (const node of ['pve1', 'pve2']) {
    pve.server.on(`GET /nodes/${node}/lxc`, {
      data: entries
        .filter((entry) => (entry.node ?? 'pve1') === node)
        .map(({ vmid, name, hostname = name }) => ({ vmid, status: 'stopped', name: hostname ?? `CT${vmid}` })),
    })
  }
  return pve
}

describe('a container is found', () => {
  test('by its VMID on whatever node it is, with what its configuration says now', async () => {
    const { client } = await cluster([
      { vmid: 101, node: 'pve2', name: 'old', hostname: 'new', more: { template: 1, tags: 'a;b', lock: 'disk' } },
    ])
    const found = { vmid: 101, node: 'pve2', name: 'new', template: true, tags: ['a', 'b'], lock: 'disk' }
    expect(await client.containers.find(101)).toEqual(found)
    expect(await client.containers.find('101')).toEqual(found)
  })

  test('by its name, and is CT and its number when it has none', async () => {
    const { client } = await cluster([{ vmid: 101, name: 'web' }, { vmid: 102 }])
    expect(await client.containers.find('web')).toEqual({
      vmid: 101,
      node: 'pve1',
      name: 'web',
      template: false,
      tags: [],
    })
    expect(await client.containers.find('CT102')).toMatchObject({ vmid: 102 })
  })

  test('by its name when it is so new that the cluster has no name for it yet', async () => {
    const { client } = await cluster([{ vmid: 101, hostname: 'fresh' }])
    expect(await client.containers.find('fresh')).toMatchObject({ vmid: 101 })
  })

  test('by the name that it was given a moment ago, which only its node knows', async () => {
    const { client } = await cluster([{ vmid: 101, name: 'before', hostname: 'after' }])
    expect(await client.containers.find('after')).toMatchObject({ vmid: 101, name: 'after' })
    expect(await failure(client.containers.find('before'))).toMatchObject({ code: 'not-found', exitCode: 5 })
  })

  test('by its name although a node cannot list its containers, which one stuck container is enough for', async () => {
    const { client, server } = await cluster([{ vmid: 101, name: 'web' }])
    server.on('GET /nodes/pve1/lxc', STUCK)
    expect(await client.containers.find('web')).toMatchObject({ vmid: 101 })
  })

  test('by its name without waiting for a node whose list hangs', async () => {
    const { client, server, clock } = await cluster([{ vmid: 101, name: 'web' }])
    server.on('GET /nodes/pve1/lxc', () => {
      clock.advance(6000)
      return 'silence'
    })
    expect(await client.containers.find('web')).toMatchObject({ vmid: 101 })
  })

  test('where it went, when it moves between the two questions', async () => {
    const { client, server } = await cluster([{ vmid: 101, node: 'pve2', name: 'web' }])
    server
      .on('GET /nodes/pve1/lxc/101/config', GONE)
      .on(
        'GET /cluster/resources',
        { data: [{ id: 'lxc/101', type: 'lxc', vmid: 101, node: 'pve1' }] },
        { data: [{ id: 'lxc/101', type: 'lxc', vmid: 101, node: 'pve2' }] },
      )
    expect(await client.containers.find(101)).toMatchObject({ node: 'pve2' })
  })
})

describe('a container is not found', () => {
  test('when there is none, or when it is gone although the cluster still lists it', async () => {
    const { client, server } = await cluster([{ vmid: 101, name: 'web' }])
    expect(await failure(client.containers.find(102))).toMatchObject({
      code: 'not-found',
      message: 'there is no container 102',
    })
    server.on('GET /nodes/pve1/lxc/101/config', GONE)
    expect(await failure(client.containers.find(101))).toMatchObject({ code: 'not-found' })
  })

  test('when it is a virtual machine, or on another node than asked', async () => {
    const { client } = await cluster([
      { vmid: 101, name: 'web', node: 'pve2' },
      { vmid: 100, type: 'qemu', name: 'vm' },
    ])
    expect((await failure(client.containers.find(100))).message).toContain('is a virtual machine')
    expect((await failure(client.containers.find(101, { node: 'pve1' }))).message).toBe(
      'container 101 is on node pve2, not on pve1',
    )
    expect(await failure(client.containers.find('web', { node: 'pve1' }))).toMatchObject({ code: 'not-found' })
  })

  test('when several have the name: the error lists their VMIDs', async () => {
    const { client } = await cluster([
      { vmid: 1000, name: 'web' },
      { vmid: 101, name: 'web', node: 'pve2' },
    ])
    expect(await failure(client.containers.find('web'))).toMatchObject({
      code: 'ambiguous',
      exitCode: 6,
      message: "2 containers are named 'web': 101, 1000",
    })
    expect(await client.containers.find('web', { node: 'pve2' })).toMatchObject({ vmid: 101 })
  })

  test('when one that is too new for the cluster to know its name has the same name as another', async () => {
    const { client } = await cluster([
      { vmid: 101, name: 'web' },
      { vmid: 102, hostname: 'web' },
    ])
    expect(await failure(client.containers.find('web'))).toMatchObject({ code: 'ambiguous' })
  })

  test('when another was given the same name a moment ago, which only its node knows', async () => {
    const { client } = await cluster([
      { vmid: 101, name: 'web' },
      { vmid: 102, name: 'before', hostname: 'web' },
    ])
    expect(await failure(client.containers.find('web'))).toMatchObject({ code: 'ambiguous' })
  })

  test('when its node does not answer, which is another error', async () => {
    const { client, server } = await cluster([{ vmid: 101, name: 'web' }])
    server.on('GET /nodes/pve1/lxc', STUCK).on('GET /nodes/pve1/lxc/101/config', STUCK)
    expect(await failure(client.containers.find('web'))).toMatchObject({ code: 'unavailable' })
  })
})

describe('the list', () => {
  test('is live, of every node', async () => {
    const { client } = await cluster([
      { vmid: 101, name: 'a', hostname: 'b' },
      { vmid: 102, name: 'c', node: 'pve2' },
    ])
    const list = await client.containers.list()
    expect(list.map(({ vmid, node, name, status }) => [vmid, node, name, status])).toEqual([
      [101, 'pve1', 'b', 'stopped'],
      [102, 'pve2', 'c', 'stopped'],
    ])
    expect((await client.containers.list({ node: 'pve2' })).map(({ vmid }) => vmid)).toEqual([102])
  })

  test('warns of a node that cannot answer and of one that is offline, and shows the rest', async () => {
    const warnings: string[] = []
    const { client, server } = await cluster([{ vmid: 101, name: 'a' }], {
      onWarning: (message) => warnings.push(message),
    })
    server.on('GET /nodes', {
      data: ['pve1', 'pve2', 'pve3'].map((node) => ({ node, status: node === 'pve3' ? 'offline' : 'online' })),
    })
    server.on('GET /nodes/pve2/lxc', STUCK)
    expect((await client.containers.list()).map(({ vmid }) => vmid)).toEqual([101])
    expect(warnings).toEqual([
      'node pve3 is offline: its containers are not listed',
      expect.stringContaining('the containers of node pve2 are not listed'),
    ])
  })

  test('is an error when no node answers, or the one that was asked for', async () => {
    const { client, server } = await cluster([{ vmid: 101, name: 'a' }])
    server.on('GET /nodes/pve1/lxc', STUCK)
    expect(await failure(client.containers.list())).toMatchObject({ code: 'unavailable' })
    expect(await failure(client.containers.list({ node: 'pve1' }))).toMatchObject({ code: 'unavailable' })
  })
})
