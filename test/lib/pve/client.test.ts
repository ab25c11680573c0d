import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/lib/clock.js'
import { CmuxError } from '../../../src/lib/errors.js'
import {
  createPveClient,
  type PlannedCall,
  type PveClient,
  type Transport,
  toUpid,
} from '../../../src/lib/pve/client.js'
import { JumpingClock } from '../../support/jumping-clock.js'
import { scriptedPve } from '../../support/scripted-client.js'
import { TOKEN } from '../../support/scripted-server.js'

const CT = { vmid: 101, node: 'pve1' }
const UPID = toUpid('UPID:pve1:0000ABCD:01234567:65A0B1C2:vzclone:9000:cmux@pve!cli:')
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  )

const READS: readonly ((client: PveClient) => Promise<unknown>)[] = [
  (client) => client.version(),
  (client) => client.cluster.resources('vm'),
  (client) => client.cluster.nextId(),
  (client) => client.cluster.status(),
  (client) => client.cluster.tasks(),
  (client) => client.nodes.list(),
  (client) => client.nodes.status('pve1'),
  (client) => client.nodes.bridges('pve1'),
  (client) => client.containers.find(101),
  (client) => client.containers.find('web'),
  (client) => client.containers.list(),
  (client) => client.containers.status(CT),
  (client) => client.containers.config(CT),
  (client) => client.containers.pending(CT),
  (client) => client.containers.interfaces(CT),
  (client) => client.containers.feature(CT, 'snapshot'),
  (client) => client.snapshots.list(CT),
  (client) => client.snapshots.config(CT, 'one'),
  (client) => client.storages.list('pve1'),
  (client) => client.storages.content('pve1', 'local'),
  (client) => client.appliances.available('pve1'),
  (client) => client.access.permissions(),
  (client) => client.tasks.status(UPID),
  (client) => client.tasks.log(UPID),
  (client) => client.tasks.list('pve1'),
  (client) => client.tasks.wait(UPID, { timeout: 60_000 }),
]

const CHANGES: readonly ((client: PveClient) => Promise<unknown>)[] = [
  (client) => client.containers.create('pve1', { vmid: 101, ostemplate: 'local:vztmpl/x.tar.zst' }),
  (client) => client.containers.clone({ vmid: 9000, node: 'pve1' }, { newid: 101, description: '' }),
  (client) => client.containers.start(CT),
  (client) => client.containers.stop(CT),
  (client) => client.containers.shutdown(CT, { timeout: 5, forceStop: true }),
  (client) => client.containers.reboot(CT, { timeout: 5 }),
  (client) => client.containers.remove(CT, { force: true, purge: false }),
  (client) => client.containers.update(CT, { set: { tags: 'a;b' }, delete: ['description', 'swap'] }),
  (client) => client.containers.resize(CT, 'rootfs', '+1G'),
  (client) => client.containers.convertToTemplate(CT),
  (client) => client.containers.migrate(CT, 'pve2', { restart: true }),
  (client) => client.snapshots.create(CT, 'one'),
  (client) => client.snapshots.remove(CT, 'one', { force: true }),
  (client) => client.snapshots.rollback(CT, 'one', { start: true }),
  (client) => client.appliances.download('pve1', 'local', 'x.tar.zst'),
  (client) => client.tasks.stop(UPID),
]

describe('the token', () => {
  test('goes with every request, in the form that Proxmox reads', async () => {
    const { client, server } = await scriptedPve()
    await client.version()
    expect(server.requests[0]?.headers.authorization).toBe(`PVEAPIToken=${TOKEN.id}=${TOKEN.secret}`)
  })

  test('never shows: not in the client, however deep one looks, and not in an error, even if the server sends it back', async () => {
    const { client, server } = await scriptedPve()
    const echo = `no ${TOKEN.secret} here`
    server.on(
      'GET /version',
      { status: 401, reason: echo },
      { status: 500, reason: echo, message: `${echo}\n` },
      { text: echo },
      'drop',
    )
    const errors = [
      await failure(client.version()),
      await failure(client.version()),
      await failure(client.version()),
      await failure(client.version()),
    ]
    for (const shown of [client, client.containers, client.tasks, ...errors]) {
      expect(inspect(shown, { depth: null, showHidden: true })).not.toContain(TOKEN.secret)
      expect(JSON.stringify(shown)).not.toContain(TOKEN.secret)
      expect(String(shown.stack ?? '')).not.toContain(TOKEN.secret)
    }
  })
})

describe('reads', () => {
  test.each([
    [{ status: 595, reason: 'Connection refused' }],
    ['drop' as const],
    [{ status: 503, reason: 'Service Unavailable' }],
  ])('are tried again after %o, twice at most', async (answer) => {
    const { client, server, clock } = await scriptedPve()
    server.on('GET /cluster/nextid', answer, answer, { data: '101' })
    expect(await client.cluster.nextId()).toBe(101)
    expect(clock.pauses).toEqual([150, 300])
    server.on('GET /cluster/nextid', answer)
    expect(await failure(client.cluster.nextId())).toMatchObject({ code: 'unavailable' })
    expect(server.count('GET /cluster/nextid')).toBe(6)
  })

  test('are not tried again when the failure took its time: it would take as long again', async () => {
    const { client, server, clock } = await scriptedPve()
    server.on('GET /cluster/nextid', () => {
      clock.advance(30_000)
      return { status: 596, reason: 'Connection timed out' }
    })
    expect(await failure(client.cluster.nextId())).toMatchObject({ code: 'unavailable' })
    expect(server.count('GET /cluster/nextid')).toBe(1)
  })

  test('are not tried again when Proxmox refused them', async () => {
    const { client, server } = await scriptedPve()
    server.on('GET /cluster/nextid', { status: 500, reason: 'no', message: 'no\n' })
    await failure(client.cluster.nextId())
    expect(server.count('GET /cluster/nextid')).toBe(1)
  })

  test('take no longer than the caller has time for', async () => {
    const { client, server } = await scriptedPve({ clock: systemClock, patience: 50 })
    server.on('GET /cluster/nextid', 'silence')
    expect(await failure(client.cluster.nextId())).toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('did not answer within 0.05 s'),
    })
    expect(await client.version()).toMatchObject({ release: '9.2' })
  })

  test('stop with the signal of the client', async () => {
    const controller = new AbortController()
    const { client, server } = await scriptedPve({ signal: controller.signal })
    const reason = new CmuxError('interrupted', 'stop')
    server.on('GET /cluster/nextid', () => {
      controller.abort(reason)
      return 'silence'
    })
    expect(await failure(client.cluster.nextId())).toBe(reason)
    expect(await failure(client.version())).toBe(reason)
  })
})

describe('a dry run', () => {
  test('sends no change, reports each one, and its tasks have ended', async () => {
    const calls: PlannedCall[] = []
    const { client, server } = await scriptedPve({
      dryRun: true,
      onCall: (call) => calls.push(call),
      operationId: () => 'ours',
    })
    for (const change of CHANGES) {
      const upid = await change(client)
      if (typeof upid === 'string') expect(await client.tasks.wait(toUpid(upid))).toMatchObject({ exitStatus: 'OK' })
    }
    expect(server.requests).toEqual([])
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /nodes/pve1/lxc',
      'POST /nodes/pve1/lxc/9000/clone',
      'POST /nodes/pve1/lxc/101/status/start',
      'POST /nodes/pve1/lxc/101/status/stop',
      'POST /nodes/pve1/lxc/101/status/shutdown',
      'POST /nodes/pve1/lxc/101/status/reboot',
      'DELETE /nodes/pve1/lxc/101',
      'PUT /nodes/pve1/lxc/101/config',
      'PUT /nodes/pve1/lxc/101/resize',
      'POST /nodes/pve1/lxc/101/template',
      'POST /nodes/pve1/lxc/101/migrate',
      'POST /nodes/pve1/lxc/101/snapshot',
      'DELETE /nodes/pve1/lxc/101/snapshot/one',
      'POST /nodes/pve1/lxc/101/snapshot/one/rollback',
      'POST /nodes/pve1/aplinfo',
      `DELETE /nodes/pve1/tasks/${encodeURIComponent(UPID)}`,
    ])
    expect(calls[7]?.parameters).toEqual({ tags: 'a;b', delete: 'description,swap' })
    expect(JSON.stringify(calls)).not.toContain(TOKEN.secret)
  })

  test('sends reads', async () => {
    const { client } = await scriptedPve({ dryRun: true })
    expect(await client.version()).toMatchObject({ version: '9.2.11' })
    expect(client.dryRun).toBe(true)
  })
})

test('a change reports itself before it is sent, too', async () => {
  const calls: PlannedCall[] = []
  const { client, server, upid } = await scriptedPve({ onCall: (call) => calls.push(call) })
  server.on('DELETE /nodes/pve1/lxc/101', { data: upid('vzdestroy', 101) })
  await client.containers.remove(CT, { force: true, purge: false })
  expect(calls).toEqual([{ method: 'DELETE', path: '/nodes/pve1/lxc/101', parameters: { force: 1, purge: 0 } }])
  expect(server.requests[0]?.parameters).toEqual({ force: '1', purge: '0' })
})

describe('an answer that Proxmox would not give', () => {
  test('is told as such, with the call and what was wrong', async () => {
    const { client, server } = await scriptedPve()
    server.on(
      'GET /version',
      { text: '<html>Welcome</html>' },
      { data: { version: ['9'] } },
      { text: '{"message":"hi"}' },
    )
    expect(await failure(client.version())).toMatchObject({
      code: 'failed',
      message: expect.stringContaining('GET /version is not what Proxmox sends: it is no JSON'),
    })
    expect((await failure(client.version())).message).toContain('data.version is ["9"], expected text')
    expect((await failure(client.version())).message).toContain('it has no `data`')
  })

  test('is told as such when it is too deep to be shown', async () => {
    const { client, server } = await scriptedPve()
    server.on('GET /version', { text: `{"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}` })
    expect(await failure(client.version())).toMatchObject({
      code: 'failed',
      message: expect.stringContaining('a list'),
    })
  })

  test('never makes anything but a CmuxError of any call, whatever it is', async () => {
    let body = ''
    const transport: Transport = {
      send: async () => ({ status: 200, reason: 'OK', headers: { date: new Date(0).toUTCString() }, body }),
      close: async () => undefined,
    }
    const settings = { url: 'https://pve1:8006', token: TOKEN, tls: { verify: true } }
    const scalar = fc.oneof(
      fc.constantFrom('running', 'stopped', 'RUNNING', 'lxc', 'web', '', UPID, 101, 'pve1', 0, 1, null, true),
      fc.string(),
      fc.double(),
    )
    const key = fc.constantFrom(
      'vmid',
      'node',
      'type',
      'name',
      'status',
      'upid',
      'id',
      'tags',
      'hostname',
      'data',
      'n',
      't',
      'total',
      'lxc',
      '__proto__',
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        scalar,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 6 }),
      ),
    }))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...READS, ...CHANGES), tree, fc.boolean(), async (call, data, wrapped) => {
        body = JSON.stringify(wrapped ? { data } : data) ?? 'null'
        const client = createPveClient(settings, { transport, clock: new JumpingClock() })
        await call(client).catch((error: unknown) => expect(error).toBeInstanceOf(CmuxError))
      }),
      { numRuns: 1_000 },
    )
  })
})

test('one wrong field in an answer that is right otherwise makes a CmuxError, or no difference', async () => {
  const container = {
    vmid: 101,
    node: 'pve1',
    id: 'lxc/101',
    type: 'lxc',
    status: 'running',
    name: 'web',
    tags: 'a;b',
    template: 1,
    lock: 'x',
    cpus: 1,
    pid: 7,
  }
  const storage = {
    storage: 'local',
    type: 'dir',
    content: 'rootdir',
    shared: 0,
    active: 1,
    enabled: 1,
    total: 1,
    used: 1,
    avail: 1,
  }
  const config = {
    digest: 'd',
    hostname: 'web',
    tags: 'a',
    template: 0,
    description: 'x',
    memory: 1,
    lxc: [['a', 'b']],
  }
  const task = { upid: UPID, status: 'stopped', exitstatus: 'OK', endtime: 1, n: 1, t: 'x' }
  const eth0 = {
    name: 'eth0',
    hwaddr: 'x',
    'ip-addresses': [{ 'ip-address-type': 'inet', 'ip-address': 'x', prefix: 1 }],
  }
  const node = { node: 'pve1', status: 'online', uptime: 1, type: 'node', name: 'pve1', online: 1, local: 1 }
  let body = ''
  const transport: Transport = {
    send: async () => ({ status: 200, reason: 'OK', headers: {}, body }),
    close: async () => undefined,
  }
  const client = createPveClient(
    { url: 'https://pve1:8006', token: TOKEN, tls: { verify: true } },
    { transport, clock: new JumpingClock() },
  )
  let refused = 0
  for (const right of [container, storage, config, task, eth0, node]) {
    for (const [field, value] of Object.entries(right)) {
      for (const wrong of [[], {}, [1], true, -1, 7, '', 'x', 'y'.repeat(100), null, undefined]) {
        const answer = { ...right, [field]: wrong === value ? {} : wrong }
        for (const data of [answer, [answer]]) {
          body = JSON.stringify({ data })
          for (const read of READS) {
            await read(client).catch((error: unknown) => {
              refused += 1
              expect(error).toBeInstanceOf(CmuxError)
            })
          }
        }
      }
    }
  }
  expect(refused).toBeGreaterThan(1_000)
})

describe('what Proxmox sends', () => {
  test('is read: a container as newer and as older servers send it', async () => {
    const { client, server } = await scriptedPve()
    const running = {
      status: 'running',
      type: 'lxc',
      name: 'web',
      cpus: 2,
      mem: 5,
      maxmem: 10,
      uptime: 7,
      pid: 42,
      tags: 'a;b',
      lock: 'backup',
    }
    server.on(
      'GET /nodes/pve1/lxc/101/status/current',
      { data: { ...running, vmid: 101, template: 1 } },
      { data: { ...running, vmid: '101', tags: ' ' } },
    )
    expect(await client.containers.status(CT)).toMatchObject({
      vmid: 101,
      node: 'pve1',
      pid: 42,
      template: true,
      tags: ['a', 'b'],
      lock: 'backup',
      swap: 0,
    })
    expect(await client.containers.status(CT)).toMatchObject({ vmid: 101, template: false, tags: [] })
  })

  test('is read: addresses, null when stopped, with and without the newer list', async () => {
    const { client, server } = await scriptedPve()
    const eth0 = { name: 'eth0', hwaddr: 'bc:24:11:00:00:01', inet: '10.0.0.5/24' }
    server.on(
      'GET /nodes/pve1/lxc/101/interfaces',
      { data: null },
      { data: [eth0] },
      { data: [{ ...eth0, 'ip-addresses': [{ 'ip-address-type': 'inet', 'ip-address': '10.0.0.5', prefix: 24 }] }] },
    )
    const addresses = [
      { name: 'eth0', hwaddr: 'bc:24:11:00:00:01', addresses: [{ type: 'inet', address: '10.0.0.5', prefix: 24 }] },
    ]
    expect(await client.containers.interfaces(CT)).toBeNull()
    expect(await client.containers.interfaces(CT)).toEqual(addresses)
    expect(await client.containers.interfaces(CT)).toEqual(addresses)
  })

  test('is read: a configuration with its digest, its options and its raw lines', async () => {
    const { client, server } = await scriptedPve()
    const options = { arch: 'amd64', memory: 512, hostname: 'web', description: 'x\n', tags: 'a', net0: 'name=eth0' }
    server.on('GET /nodes/pve1/lxc/101/config', {
      data: { ...options, digest: 'd', lxc: [['lxc.idmap', 'u 0 100000 65536']] },
    })
    expect(await client.containers.config(CT, { current: true })).toEqual({
      digest: 'd',
      hostname: 'web',
      description: 'x\n',
      tags: ['a'],
      template: false,
      options,
      lxc: [['lxc.idmap', 'u 0 100000 65536']],
    })
    expect(server.requests[0]?.parameters).toEqual({ current: '1' })
  })

  test('is read: snapshots, oldest first, the container itself last', async () => {
    const { client, server } = await scriptedPve()
    const current = { name: 'current', description: 'You are here!', digest: 'd', running: 0, parent: 'two' }
    server.on('GET /nodes/pve1/lxc/101/snapshot', {
      data: [
        { name: 'two', snaptime: 2, description: '' },
        current,
        { name: 'one', snaptime: 1, description: 'first\n' },
      ],
    })
    const list = await client.snapshots.list(CT)
    expect(list.map(({ name, description }) => [name, description])).toEqual([
      ['one', 'first'],
      ['two', ''],
      ['current', 'You are here!'],
    ])
  })

  test('is read: a running task in a list is one, with the full token id', async () => {
    const { client, server } = await scriptedPve()
    server.on('GET /nodes/pve1/tasks', { data: [{ upid: UPID, user: 'cmux@pve!cli', status: 'RUNNING', saved: '0' }] })
    expect(await client.tasks.list('pve1', { vmid: 9000, type: 'vzclone' })).toEqual([
      expect.objectContaining({ upid: UPID, running: true, user: 'cmux@pve!cli', type: 'vzclone', id: '9000' }),
    ])
    expect(server.requests[0]?.parameters).toEqual({ source: 'all', vmid: '9000', typefilter: 'vzclone' })
  })

  test('is read: a node that is in no cluster has a quorum of its own', async () => {
    const { client, server } = await scriptedPve()
    const node = {
      type: 'node',
      id: 'node/pve1',
      name: 'pve1',
      ip: '10.0.0.1',
      local: 1,
      nodeid: 0,
      online: 1,
      level: '',
    }
    server.on(
      'GET /cluster/status',
      { data: [node] },
      { data: [{ type: 'cluster', name: 'lab', nodes: 3, quorate: 0 }, node] },
    )
    expect(await client.cluster.status()).toEqual({
      quorate: true,
      nodes: [{ name: 'pve1', online: true, local: true, ip: '10.0.0.1' }],
    })
    expect(await client.cluster.status()).toMatchObject({ name: 'lab', quorate: false })
  })
})
