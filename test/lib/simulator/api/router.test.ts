import { beforeEach, describe, expect, test } from 'vitest'
import { type Api, OS_TEMPLATE, openApi } from '../../../support/router.js'

let api: Api
const NEW = { vmid: 101, ostemplate: OS_TEMPLATE, rootfs: 'local-lvm:1' }

describe('the order of checks', () => {
  beforeEach(async () => {
    api = await openApi()
  })

  test('who calls comes before what is called', async () => {
    expect(await api.answer('GET', '/nope', { as: null })).toMatchObject({ status: 401, reason: 'No ticket', body: '' })
  })

  test('an unknown path, and a known one with another method, is a 501 with a message of one line', async () => {
    const text = "Method 'POST /version' not implemented"
    expect(await api.answer('POST', '/version', { as: 'nobody@pve!low' })).toMatchObject({
      status: 501,
      reason: text,
      body: { data: null, message: text },
    })
  })

  test('a parameter that contradicts the path comes before rights', async () => {
    const errors = { vmid: 'duplicate parameter (already defined in URI) with conflicting values!' }
    const reply = await api.answer('PUT', '/nodes/pve1/lxc/101/config', { as: 'nobody@pve!low', form: { vmid: 102 } })
    expect(reply).toMatchObject({ status: 400, body: { data: null, errors } })
    expect(await api.answer('PUT', '/nodes/pve1/lxc/101/config', { form: { vmid: 101 } })).toMatchObject({
      status: 500,
    })
  })

  test('rights come before the node and before validation, on what was not validated', async () => {
    const low = { as: 'nobody@pve!low' }
    expect((await api.answer('GET', '/nodes/nosuch/lxc/abc/config', low)).reason).toBe(
      'Permission check failed (/vms/abc, VM.Audit)',
    )
    expect((await api.answer('POST', '/nodes/pve1/aplinfo', low)).reason).toBe(
      'Permission check failed (/storage/-, Datastore.AllocateTemplate)',
    )
  })

  test('the node comes before validation', async () => {
    const text = "hostname lookup 'nosuch' failed - failed to get address info for: nosuch: Name or service not known"
    expect(await api.answer('GET', '/nodes/nosuch/lxc/abc/config')).toMatchObject({
      status: 500,
      reason: text,
      body: { data: null, message: `${text}\n` },
    })
  })

  test('validation names every bad parameter', async () => {
    expect(await api.answer('GET', '/cluster/resources?type=x&y=1')).toMatchObject({
      status: 400,
      reason: 'Parameter verification failed.',
      body: {
        data: null,
        message: 'Parameter verification failed.\n',
        errors: {
          type: "value 'x' does not have a value in the enumeration 'vm, storage, node, sdn'",
          y: 'property is not defined in schema and the schema does not allow additional properties',
        },
      },
    })
  })
})

describe('formats', () => {
  beforeEach(async () => {
    api = await openApi()
  })

  test('extjs always says 200 and puts the status inside', async () => {
    expect(await api.answer('GET', '/nodes/pve1/lxc/101/config', { format: 'extjs' })).toMatchObject({
      status: 200,
      reason: 'OK',
      body: {
        success: 0,
        status: 500,
        data: null,
        message: "Configuration file 'nodes/pve1/lxc/101.conf' does not exist\n",
      },
    })
    expect(await api.answer('GET', '/cluster/nextid', { format: 'extjs' })).toMatchObject({
      body: { success: 1, data: '100' },
    })
  })

  test('an unknown format is a 501 in plain text, for those who are known', async () => {
    const request = { method: 'GET' as const, url: '/api2/yaml/version', body: Buffer.alloc(0) }
    const authorization = { authorization: 'PVEAPIToken=root@pam!full=00000000-0000-4000-8000-000000000000' }
    expect(await api.router.call({ ...request, headers: authorization })).toMatchObject({
      status: 501,
      reason: 'no formatter for uri /version, yaml',
      headers: {},
    })
    expect(await api.clock.settled(api.router.call({ ...request, headers: {} }))).toMatchObject({ status: 401 })
  })

  test('malformed JSON is a 500 in plain text', async () => {
    const headers = { 'content-type': 'application/json' }
    const reply = await api.answer('POST', '/nodes/pve1/lxc', { headers, form: { a: 1 } })
    expect(reply.status).toBe(500)
    expect(reply.body).toMatch(/^malformed JSON string/)
    expect(reply.headers).toEqual({})
  })
})

describe('authentication', () => {
  test.each([
    ['Bearer x', 'No ticket'],
    ['PVEAPIToken: root@pam!full=x', 'No ticket'],
    ['PVEAPIToken=root@pam!full=wrong', 'Authentication failed!'],
    ['PVEAPIToken=root@pam!none=x', 'Authentication failed!'],
    ['PVEAPIToken=root@pam=x', 'Authentication failed!'],
    ['PVEAuthCookie=PVE:root@pam:00000000::x', 'Authentication failed!'],
  ])('%s gets 401 without a body, three seconds later', async (authorization, reason) => {
    api = await openApi()
    const began = api.clock.now()
    const reply = await api.answer('GET', '/version', { headers: { authorization } })
    expect(reply).toMatchObject({ status: 401, reason, body: '', headers: {} })
    expect(api.clock.now() - began).toBe(3000)
  })

  test('nobody needs to log in to have a console ticket looked at, which is never good', async () => {
    api = await openApi()
    const missing = await api.answer('POST', '/access/vncticket', { as: null, form: { authid: 'root@pam' } })
    const property = 'property is missing and it is not optional'
    expect(missing).toMatchObject({
      status: 400,
      body: { errors: { path: property, privs: property, vncticket: property } },
    })
    const form = { authid: 'root@pam', vncticket: 'PVEVNC:0', path: '/vms/101', privs: 'VM.Console' }
    const refused = await api.answer('POST', '/access/vncticket', { as: null, form })
    expect(refused).toMatchObject({ status: 401, reason: 'authentication failure' })
  })

  test('a token may stand behind a space and be escaped', async () => {
    api = await openApi()
    const authorization = 'PVEAPIToken root%40pam%21full=00000000-0000-4000-8000-000000000000; more'
    expect((await api.answer('GET', '/version', { headers: { authorization } })).status).toBe(200)
  })

  test('an older server says in the status line what is wrong with a token', async () => {
    api = await openApi({ version: '8.4', tokens: [{ id: 'root@pam!old', expire: 1 }] })
    expect((await api.answer('GET', '/version', { as: 'root@pam!old' })).reason).toBe("token 'old' access expired")
    expect((await api.answer('GET', '/version', { as: 'root@pam!none' })).reason).toBe(
      "no such token 'none' for user 'root@pam'",
    )
  })

  describe('by ticket', () => {
    const LOGIN = { username: 'joe@pve', password: 'secret' }

    beforeEach(async () => {
      api = await openApi({
        access: { users: [{ id: 'joe@pve', password: 'secret', grants: [{ path: '/', role: 'Administrator' }] }] },
      })
    })

    test('the cookie reads, and changes only with the token against cross-site requests', async () => {
      const { data } = await api.answer('POST', '/access/ticket', { as: null, form: LOGIN })
      const { ticket, CSRFPreventionToken } = data as Readonly<Record<string, string>>
      const cookie = { cookie: `other=1; PVEAuthCookie=${encodeURIComponent(String(ticket))}` }
      expect((await api.answer('GET', '/version', { as: null, headers: cookie })).status).toBe(200)
      const form = { poolid: 'lab' }
      expect(await api.answer('POST', '/pools', { as: null, headers: cookie, form })).toMatchObject({
        status: 401,
        reason: 'Permission denied - invalid csrf token',
        body: '',
      })
      const headers = { ...cookie, csrfpreventiontoken: String(CSRFPreventionToken) }
      expect(await api.answer('POST', '/pools', { as: null, headers, form })).toMatchObject({ status: 200, data: null })
    })

    test('a wrong password is a 401 with a message, three seconds after the call', async () => {
      const began = api.clock.now()
      const reply = await api.answer('POST', '/access/ticket', { as: null, form: { ...LOGIN, password: 'x' } })
      expect(reply).toMatchObject({ status: 401, body: { data: null, message: 'authentication failure\n' } })
      expect(api.clock.now() - began).toBe(3000)
    })

    test('a ticket renews itself, and a login can ask for rights only', async () => {
      const login = async (more: object) =>
        await api.answer('POST', '/access/ticket', { as: null, form: { ...LOGIN, ...more } })
      const { data } = await login({})
      const { ticket } = data as Readonly<Record<string, string>>
      expect(await login({ password: ticket })).toMatchObject({ status: 200, data: { username: 'joe@pve' } })
      expect(await login({ path: '/vms', privs: 'VM.Audit,VM.Clone' })).toMatchObject({ data: { username: 'joe@pve' } })
      expect((await login({ path: '/vms', privs: 'No.Such' })).status).toBe(401)
      expect((await login({ path: '/vms' })).body).toMatchObject({
        errors: { privs: "missing property required by 'path'" },
      })
    })

    test('the login cannot be called with an API token', async () => {
      const reply = await api.answer('POST', '/access/ticket', { form: LOGIN })
      expect(reply.status).toBe(403)
      expect(reply.reason).toBe(
        "Permission check failed (URI '/access/ticket' not available with API token, need proper ticket.",
      )
    })
  })
})

describe('nodes', () => {
  beforeEach(async () => {
    api = await openApi({ nodes: ['pve1', 'pve2'] })
  })

  test('localhost is the node that was asked, another one is reached through it', async () => {
    expect((await api.answer('GET', '/nodes/localhost/version')).proxied).toBe(false)
    expect((await api.answer('GET', '/nodes/pve2/version')).proxied).toBe(true)
    expect((await api.answer('GET', '/nodes/pve1/storage')).proxied).toBe(true)
  })

  test('a node without power is 595 without a body', async () => {
    api.cluster.powerCut(api.cluster.node('pve2'), 0, 60_000)
    expect(await api.answer('GET', '/nodes/pve2/version')).toMatchObject({
      status: 595,
      reason: 'No route to host',
      body: '',
    })
    const { data } = await api.answer('GET', '/nodes')
    expect(data).toMatchObject([
      { node: 'pve1', status: 'online' },
      { node: 'pve2', status: 'offline' },
    ])
    await api.clock.advance(60_000)
    expect((await api.answer('GET', '/nodes/pve2/version')).status).toBe(200)
  })

  test('without power on the node that is asked there is no answer', async () => {
    api.cluster.powerCut(api.cluster.node('pve1'), 0, 60_000)
    expect(await api.call('GET', '/version')).toBe('drop')
  })
})

describe('a tool on the node', () => {
  const lines: string[] = []
  const cli = { print: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(`! ${line}`) }

  beforeEach(async () => {
    api = await openApi()
    lines.length = 0
  })

  test('calls as root@pam, with words for booleans, and sees its worker at work', async () => {
    const create = api.router.invoke('pve1', 'POST', '/nodes/pve1/lxc', { ...NEW, onboot: 'yes' }, cli)
    expect(await api.clock.settled(create)).toMatch(/^UPID:pve1:.*:vzcreate:101:root@pam:$/)
    expect(lines.join('\n')).toContain('extracting archive')
    const config = await api.router.invoke('pve1', 'GET', '/nodes/pve1/lxc/101/config', {}, cli)
    expect(config).toMatchObject({ onboot: 1 })
  })

  test('may name an OS template by its path, which no token may; what is not there is missed in the task', async () => {
    const create = (vmid: number, ostemplate: string) =>
      api.clock.settled(api.router.invoke('pve1', 'POST', '/nodes/pve1/lxc', { ...NEW, vmid, ostemplate }, cli))
    const path = '/var/lib/vz/template/cache/busybox_1.35-1_amd64.tar.gz'
    expect(await create(101, path)).toMatch(/:vzcreate:101:/)
    expect(lines).toContain(`extracting archive '${path}'`)
    await expect(create(102, '/tmp/x.tar.gz')).rejects.toThrow(
      "unable to create CT 102 - can't find file '/tmp/x.tar.gz'",
    )
  })

  test('gets the error of its worker', async () => {
    const start = api.router.invoke('pve1', 'POST', '/nodes/pve1/lxc/999/status/start', {}, cli)
    await expect(api.clock.settled(start)).rejects.toThrow(
      "Configuration file 'nodes/pve1/lxc/999.conf' does not exist",
    )
  })

  test('gets a 501 for what is not there', async () => {
    await expect(api.router.invoke('pve1', 'GET', '/foo', {}, cli)).rejects.toMatchObject({ status: 501 })
  })
})

describe('a read that was made before', () => {
  const config = '/nodes/pve1/lxc/101/config?current=1'

  beforeEach(async () => {
    api = await openApi()
    await api.task('POST', '/nodes/pve1/lxc', { form: NEW })
  })

  test('is answered with what is there now', async () => {
    const before = (await api.answer('GET', config)).data
    expect((await api.answer('GET', config)).data).toEqual(before)
    await api.answer('PUT', '/nodes/pve1/lxc/101/config', { form: { memory: 96 } })
    expect((await api.answer('GET', config)).data).toMatchObject({ memory: 96 })
    await api.task('DELETE', '/nodes/pve1/lxc/101')
    expect((await api.answer('GET', config)).status).toBe(500)
  })

  test('is looked into anew: who asks, how, and in which format', async () => {
    expect((await api.answer('GET', config)).status).toBe(200)
    expect((await api.answer('GET', config, { as: 'nobody@pve!low' })).status).toBe(403)
    expect((await api.answer('GET', config, { format: 'extjs' })).body).toMatchObject({ success: 1 })
    expect((await api.answer('POST', config)).status).toBe(501)
    expect((await api.answer('GET', `${config}&nope=1`)).status).toBe(400)
    expect((await api.answer('GET', `${config}&nope=1`)).status).toBe(400)
  })
})
