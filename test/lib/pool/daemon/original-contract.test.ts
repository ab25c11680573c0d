import { describe, expect, it } from 'vitest'
import { CmuxError } from '../../../../src/lib/errors.js'
import { toVmid } from '../../../../src/lib/pve/vmid.js'
import { JumpingClock } from '../../../support/jumping-clock.js'
import { SINCE, TEMPLATE } from './fake-pool.js'
import { serviceBench } from './service-bench.js'

const open = serviceBench()

describe('GET /health', () => {
  it('says when it is, as Python writes it', async () => {
    const clock = new JumpingClock()
    const { ask } = await open({ clock })
    expect((await ask('/health')).text).toBe('{"status":"healthy","timestamp":"2026-01-02T03:04:05+00:00"}')
    clock.advance(120)
    expect((await ask('/health')).text).toBe('{"status":"healthy","timestamp":"2026-01-02T03:04:05.120000+00:00"}')
  })
})

describe('POST /allocate', () => {
  it('answers the five fields of the original first, in its order', async () => {
    const { ask, pool } = await open()
    const body = { template_vmid: 9009, instance_id: 'pvelxc-12345678', metadata: { who: 'me' } }
    const { status, text, headers } = await ask('/allocate?start=true', { method: 'POST', body })
    expect(status).toBe(200)
    expect(headers.get('content-type')).toContain('application/json')
    expect(text).toMatch(
      /^\{"vmid":200,"hostname":"pvelxc-12345678","instance_id":"pvelxc-12345678","template_vmid":9009,"allocated_from_pool":true,/,
    )
    expect(pool.requests).toEqual([
      { template: 9009, instanceId: 'pvelxc-12345678', metadata: { who: 'me' }, start: true, timeout: 110_000 },
    ])
  })

  it.each([
    ['nothing', {}],
    ['null', { instance_id: null, metadata: null }],
    ['an empty text', { instance_id: '' }],
  ])('makes an instance id up when it is given %s', async (_name, given) => {
    const { ask, pool } = await open()
    const { status } = await ask('/allocate', { method: 'POST', body: { template_vmid: 9009, ...given } })
    expect(status).toBe(200)
    expect(pool.requests).toEqual([{ template: 9009, start: true, timeout: 110_000 }])
  })

  it.each([
    ['', true],
    ['?start=true', true],
    ['?start=1', true],
    ['?start=YES', true],
    ['?start=on', true],
    ['?start=False', false],
    ['?start=0', false],
    ['?start=no', false],
    ['?start=OFF', false],
    ['?start=true&start=false', false],
  ])('reads the query %s as FastAPI does', async (query, start) => {
    const { ask, pool } = await open()
    await ask(`/allocate${query}`, { method: 'POST', body: { template_vmid: '9009' } })
    expect(pool.requests).toMatchObject([{ start }])
  })

  it.each([
    ['without a template', { instance_id: 'x' }, ['body', 'template_vmid'], 'missing'],
    ['with a template that is no number', { template_vmid: 'nine' }, ['body', 'template_vmid'], 'invalid_type'],
    ['with a VMID that Proxmox has not', { template_vmid: 9 }, ['body', 'template_vmid'], 'too_small'],
    [
      'with metadata that is no text',
      { template_vmid: 9009, metadata: { a: 1 } },
      ['body', 'metadata', 'a'],
      'invalid_type',
    ],
    ['with a list for a body', [], ['body'], 'invalid_type'],
    ['with no body', undefined, ['body'], 'missing'],
    ['with a body that is no JSON', '{"template_vmid":', ['body'], 'json_invalid'],
  ])('%s it is a 422 that says where', async (_name, body, loc, type) => {
    const { ask, pool } = await open()
    const { status, json } = await ask('/allocate', { method: 'POST', body })
    expect(status).toBe(422)
    expect(json).toEqual({ detail: [{ loc, msg: expect.any(String), type }], code: 'invalid' })
    expect(pool.requests).toEqual([])
  })

  it('says that a start it cannot read is in the query', async () => {
    const { ask } = await open()
    const { status, json } = await ask('/allocate?start=maybe', { method: 'POST', body: { template_vmid: 9009 } })
    expect(status).toBe(422)
    expect(json).toMatchObject({ detail: [{ loc: ['query', 'start'] }] })
  })

  it('takes a body without a type for JSON', async () => {
    const { url, pool } = await open()
    const body = new Blob([JSON.stringify({ template_vmid: 9009 })])
    expect((await fetch(`${url}/allocate`, { method: 'POST', body })).status).toBe(200)
    expect(pool.requests).toHaveLength(1)
  })
})

describe('GET /status', () => {
  it('tells each template with its containers under the names and states of the original', async () => {
    const { ask, pool } = await open()
    pool.put({ vmid: toVmid(201), hostname: 'pool-201', state: 'ready' })
    pool.put({ vmid: toVmid(202), hostname: 'mine', state: 'claimed', instanceId: 'mine' })
    pool.put({ vmid: toVmid(203), hostname: 'pool-203', state: 'filling' })
    pool.put({ vmid: toVmid(204), hostname: 'pool-204', state: 'releasing' })
    pool.put({ vmid: toVmid(205), hostname: 'pool-205', state: 'quarantined', reason: 'it did not start' })
    const { text, json } = await ask('/status')
    expect(text).toMatch(
      /^\{"templates":\{"9009":\{"template_vmid":9009,"ready_count":1,"allocated_count":1,"creating_count":2,"target_size":5,"containers":\[/,
    )
    const created_at = new Date(SINCE * 1000).toISOString().replace('.000Z', '+00:00')
    const container = { created_at, allocated_to: null }
    expect(json).toMatchObject({
      templates: {
        [TEMPLATE]: {
          containers: [
            { ...container, vmid: 201, hostname: 'pool-201', state: 'ready' },
            { ...container, vmid: 202, hostname: 'mine', state: 'allocated', allocated_to: 'mine' },
            { ...container, vmid: 203, hostname: 'pool-203', state: 'creating' },
            { ...container, vmid: 204, hostname: 'pool-204', state: 'creating' },
            { ...container, vmid: 205, hostname: 'pool-205', state: 'failed' },
          ],
        },
      },
      total_ready: 1,
      total_allocated: 1,
      total_creating: 2,
      clone_queue_length: 0,
    })
  })
})

describe('what becomes of a container', () => {
  it('releases, removes and warms with the words of the original', async () => {
    const { ask, pool } = await open()
    pool.put({ vmid: toVmid(201), hostname: 'mine', state: 'claimed', instanceId: 'mine' })
    const beginning = async (path: string, method: string) => (await ask(path, { method })).text
    expect(await beginning('/release/201', 'POST')).toMatch(/^\{"status":"released","vmid":201,/)
    expect(await beginning('/containers/201', 'DELETE')).toMatch(/^\{"status":"removed","vmid":201,/)
    expect(await beginning('/warm/9009?count=4', 'POST')).toMatch(
      /^\{"status":"warming","template_vmid":9009,"queued":1,"current":3,"target":5,/,
    )
    expect(pool.calls).toEqual(['release 201', 'remove 201', 'warm 9009 4'])
  })

  it('takes a request whose type promises JSON and whose body is empty', async () => {
    const { ask, pool } = await open()
    pool.put({ vmid: toVmid(201), hostname: 'mine', state: 'claimed' })
    const headers = { 'content-type': 'application/json' }
    expect((await ask('/release/201', { method: 'POST', headers })).status).toBe(200)
  })

  it('says honestly that it has no such container', async () => {
    const { ask } = await open()
    const { status, json } = await ask('/release/999', { method: 'POST' })
    expect(status).toBe(404)
    expect(json).toEqual({ detail: 'There is no container 999 in this pool', code: 'not-found' })
  })

  it('says which part of the path is wrong', async () => {
    const { ask } = await open()
    const { status, json } = await ask('/release/abc', { method: 'POST' })
    expect(status).toBe(422)
    expect(json).toMatchObject({ detail: [{ loc: ['path', 'vmid'] }] })
  })
})

describe('an error of the pool', () => {
  it.each([
    [new CmuxError('exhausted', 'All 10 are taken', { data: { retryAfter: 7.2 } }), 503, '8'],
    [new CmuxError('draining', 'No new ones'), 503, '5'],
    [new CmuxError('timeout', 'None came in time', { data: { retryAfter: 0 } }), 503, '1'],
    [new CmuxError('unavailable', 'Proxmox is away'), 503, '5'],
    [new CmuxError('locked', 'It is being backed up'), 423, '5'],
    [new CmuxError('conflict', 'Another template'), 409, null],
    [new CmuxError('invalid', 'No hostname'), 422, null],
    [new CmuxError('unauthorised', 'Proxmox refuses the token'), 502, null],
  ])('%s has a status of its own', async (error, expected, wait) => {
    const { ask, pool } = await open()
    pool.onAllocate = async () => Promise.reject(error)
    const { status, json, headers } = await ask('/allocate', { method: 'POST', body: { template_vmid: 9009 } })
    expect(status).toBe(expected)
    expect(json).toEqual({ detail: error.message, code: error.code })
    expect(headers.get('retry-after')).toBe(wait)
  })

  it('that nobody expected says nothing of itself, but stands in the log', async () => {
    const { ask, pool, lines } = await open()
    pool.onAllocate = async () => Promise.reject(new TypeError('cannot read properties of /root/secret'))
    const { status, text } = await ask('/allocate', { method: 'POST', body: { template_vmid: 9009 } })
    expect(status).toBe(500)
    expect(text).not.toContain('secret')
    expect(JSON.parse(text)).toMatchObject({ detail: 'Something unexpected happened', code: 'internal' })
    expect(lines.join('')).toContain('/root/secret')
  })
})
