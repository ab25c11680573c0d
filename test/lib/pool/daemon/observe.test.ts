import { describe, expect, it } from 'vitest'
import { callOf, type Exchange, watchedTransport } from '../../../../src/lib/pool/daemon/observe/api-calls.js'
import { createLog } from '../../../../src/lib/pool/daemon/observe/log.js'
import { createMetrics } from '../../../../src/lib/pool/daemon/observe/metrics.js'
import { TransportError } from '../../../../src/lib/pve/transport-error.js'
import { toVmid } from '../../../../src/lib/pve/vmid.js'
import { JumpingClock } from '../../../support/jumping-clock.js'
import { FakePool, TEMPLATE } from './fake-pool.js'
import { serviceBench } from './service-bench.js'

const open = serviceBench()

describe('the metrics', () => {
  it('tell sizes by state, latencies by stage, locks, retries and calls', async () => {
    const { ask, pool } = await open()
    pool.put({ vmid: toVmid(201), hostname: 'a', state: 'ready' })
    await ask('/allocate', { method: 'POST', body: { template_vmid: 9009 } })
    pool.emit({ kind: 'filled', vmid: toVmid(201), template: TEMPLATE, milliseconds: 3_000 })
    pool.emit({ kind: 'lock-met', vmid: toVmid(201), word: 'backup' })
    pool.emit({ kind: 'retry', what: 'clone of 9009 to 201' })
    pool.emit({ kind: 'retry', what: 'clone of 9009 to 202' })
    await ask('/nowhere/at/all')
    const { text, headers } = await ask('/metrics')
    expect(headers.get('content-type')).toContain('text/plain')
    for (const line of [
      'cmux_pool_containers{template="9009",state="ready"} 1',
      'cmux_pool_containers{template="9009",state="claimed"} 1',
      'cmux_pool_containers{template="9009",state="filling"} 0',
      'cmux_pool_size{template="9009",bound="target"} 5',
      'cmux_pool_breaker_open{template="9009"} 0',
      'cmux_pool_waiting 0',
      'cmux_pool_cluster_reachable 1',
      'cmux_pool_allocate_seconds_sum{stage="start",source="pool"} 0.34',
      'cmux_pool_allocate_seconds_bucket{le="0.025",stage="claim",source="pool"} 1',
      'cmux_pool_fill_seconds_sum{template="9009"} 3',
      'cmux_pool_locks_met_total{word="backup"} 1',
      'cmux_pool_retries_total{what="clone of N to N"} 2',
      'cmux_pool_http_request_seconds_count{method="POST",route="/allocate",status="200"} 1',
      'cmux_pool_http_request_seconds_count{method="any",route="unknown",status="404"} 1',
    ]) {
      expect(text).toContain(line)
    }
    expect(text).toMatch(/^process_resident_memory_bytes \d+$/m)
  })

  it('of two pools in one process know nothing of each other', async () => {
    const [one, other] = [createMetrics(), createMetrics()]
    one.watch(new FakePool())
    one.called({ call: 'GET /version', outcome: '200', milliseconds: 5 })
    expect(await one.text()).toContain('call="GET /version",outcome="200"')
    expect(await other.text()).not.toContain('version')
  })

  it('have as many series of calls as there are kinds of calls', () => {
    const shapes = {
      '/api2/json/cluster/resources?type=vm': '/cluster/resources',
      '/api2/json/nodes/pve1/lxc/201/config': '/nodes/{node}/lxc/{vmid}/config',
      '/api2/json/nodes/pve-2/lxc': '/nodes/{node}/lxc',
      '/api2/json/nodes/pve1/tasks/UPID%3Apve1%3A0/log?limit=5': '/nodes/{node}/tasks/{upid}/log',
      '/api2/json/nodes/pve1/lxc/201/snapshot/cmux-pristine/rollback':
        '/nodes/{node}/lxc/{vmid}/snapshot/{snapshot}/rollback',
      '/api2/json/version': '/version',
    }
    for (const [path, shape] of Object.entries(shapes)) expect(callOf({ method: 'GET', path })).toBe(`GET ${shape}`)
  })

  it('hear how each call to Proxmox ended', async () => {
    const heard: Exchange[] = []
    const clock = new JumpingClock()
    let fails: Error | undefined
    const inner = {
      async send() {
        clock.advance(40)
        if (fails !== undefined) throw fails
        return { status: 596, reason: '', headers: {}, body: '' }
      },
      close: async () => undefined,
    }
    const transport = watchedTransport(inner, clock, (exchange) => heard.push(exchange))
    const request = { method: 'GET', path: '/api2/json/version', headers: {} } as const
    await transport.send(request)
    fails = new TransportError('lost', 'gone', { sent: true })
    await expect(transport.send(request)).rejects.toBe(fails)
    expect(heard).toEqual([
      { call: 'GET /version', outcome: '596', milliseconds: 40 },
      { call: 'GET /version', outcome: 'lost', milliseconds: 40 },
    ])
  })
})

describe('the events', () => {
  it('come as they happen, under their names', async () => {
    const { url, pool } = await open()
    const response = await fetch(`${url}/events`)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader() ?? expect.fail()
    expect((await reader.read()).value).toBe(': connected\n\n')
    pool.emit({ kind: 'state', vmid: toVmid(201), template: TEMPLATE, from: 'filling', to: 'ready' })
    expect((await reader.read()).value).toBe(
      'id: 1\nevent: state\ndata: {"vmid":201,"template_vmid":9009,"from":"filling","to":"ready"}\n\n',
    )
    pool.emit({ kind: 'alarm', alarm: { kind: 'breaker', message: 'two\nlines', template: TEMPLATE } })
    expect((await reader.read()).value).toBe(
      'id: 2\nevent: alarm\ndata: {"kind":"breaker","message":"two\\nlines","vmid":null,"template_vmid":9009,"remedy":null}\n\n',
    )
    const before = pool.listeners
    await reader.cancel()
    await expect.poll(() => pool.listeners).toBe(before - 1)
  })

  it('are for so many listeners and no more', async () => {
    const { url, ask, pool } = await open({ limits: { listeners: 2 } })
    const leaving = new AbortController()
    const listening = await Promise.all([1, 2].map(() => fetch(`${url}/events`, { signal: leaving.signal })))
    expect(listening.map(({ status }) => status)).toEqual([200, 200])
    expect((await ask('/events')).status).toBe(503)
    const before = pool.listeners
    leaving.abort()
    await expect.poll(() => pool.listeners).toBe(before - 2)
  })

  it('send a listener away that does not read', async () => {
    const { url, pool } = await open()
    const before = pool.listeners
    const response = await fetch(`${url}/events`)
    expect(pool.listeners).toBe(before + 1)
    const message = 'x'.repeat(256 * 1024)
    await expect
      .poll(
        () => {
          pool.emit({ kind: 'alarm', alarm: { kind: 'quarantine', message } })
          return pool.listeners
        },
        { interval: 1, timeout: 5_000 },
      )
      .toBe(before)
    await response.body?.cancel().catch(() => undefined)
  })

  it('are not told twice to say that they are still there', async () => {
    const clock = new JumpingClock()
    const { url } = await open({ clock })
    const response = await fetch(`${url}/events`)
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader() ?? expect.fail()
    expect((await reader.read()).value).toBe(': connected\n\n')
    clock.advance(15_000)
    expect((await reader.read()).value).toBe(': still here\n\n')
    await reader.cancel()
  })
})

describe('readiness', () => {
  it('is refused with every reason there is', async () => {
    const { ask, pool } = await open()
    expect(await ask('/ready')).toMatchObject({ status: 200, text: '{"status":"ready"}' })
    const reasons = async () => {
      const { status, json, headers } = await ask('/ready')
      expect(status).toBe(503)
      expect(headers.get('retry-after')).toBe('5')
      return (json as { detail: string }).detail
    }
    pool.observedAt = undefined
    expect(await reasons()).toBe('The cluster was not observed yet')
    pool.observedAt = 1
    pool.cluster = { reachable: false, quorate: false }
    expect(await reasons()).toBe('Proxmox cannot be reached')
    pool.cluster = { reachable: true, quorate: false }
    pool.breaker = 'open'
    expect(await reasons()).toBe('The cluster has no quorum; Containers of a template fail again and again')
    pool.cluster = { reachable: true, quorate: true }
    pool.breaker = 'closed'
    pool.mode = 'draining'
    expect(await reasons()).toBe('The pool is being drained')
    pool.mode = 'paused'
    expect((await ask('/ready')).status).toBe(200)
  })
})

describe('the log', () => {
  it('names the container and its instance when it is given back or removed, and not where it listens once more', async () => {
    const { ask, pool, lines } = await open()
    pool.put({ vmid: toVmid(201), hostname: 'web-1', state: 'claimed', instanceId: 'web-1' })
    expect((await ask('/release/201', { method: 'POST' })).json).toMatchObject({ instance_id: 'web-1' })
    await ask('/containers/201', { method: 'DELETE' })
    const told = lines.map((line) => JSON.parse(line)).filter(({ level, vmid }) => level === 'info' && vmid === 201)
    expect(told).toMatchObject([
      { msg: 'released', node: 'pve1', instanceId: 'web-1', reqId: expect.any(String) },
      { msg: 'removed', node: 'pve1', instanceId: 'web-1', reqId: expect.any(String) },
    ])
    expect(lines.join()).not.toContain('Server listening')
  })

  const write = (secrets: readonly string[], fields: object, message = 'x') => {
    const lines: string[] = []
    createLog({ level: 'info', secrets, write: (line) => void lines.push(line) }).log.info(fields, message)
    return lines.join('')
  }

  it('is one object a line, with the time and the level as words', () => {
    expect(JSON.parse(write([], { vmid: 200 }, 'two\nlines'))).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      vmid: 200,
      msg: 'two\nlines',
    })
  })

  it('holds no secret, wherever it stands and however it is written', () => {
    const secret = 'quo"te\\slash-0123'
    for (const fields of [{ a: secret }, { deep: { er: [`x${secret}y`] } }, { err: new Error(`bad ${secret}`) }]) {
      const line = write([secret], fields, `said ${secret}`)
      expect(line).not.toContain('0123')
      expect(JSON.parse(line).msg).toBe('said [Redacted]')
    }
  })

  it('leaves out fields that hold secrets by their name', () => {
    const fields = {
      req: { headers: { authorization: 'Bearer x1' }, token: 'x2' },
      body: { environment: { A: 'x3' } },
      files: ['x4'],
    }
    expect(write([], fields)).not.toMatch(/x[1-4]/)
  })
})

describe('the pages', () => {
  it.each(['/', '/docs'])('%s needs nothing from elsewhere and runs nothing but its own script', async (path) => {
    const { ask } = await open()
    const { text, headers } = await ask(path)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(text).not.toMatch(/https?:\/\/|innerHTML|src=/)
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    const { createHash } = await import('node:crypto')
    const script = /<script type="module">(.*)<\/script>/s.exec(text)?.[1] ?? ''
    expect(policy).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  })

  it('describe every path, field and limit from the schemas', async () => {
    const { ask } = await open()
    const { json } = await ask('/openapi.json')
    expect(json).toMatchObject({ openapi: '3.1.0', servers: [{ url: '.' }] })
    const { paths } = json as { paths: Record<string, Record<string, Record<string, unknown>>> }
    expect(Object.keys(paths).sort()).toEqual(
      [
        ...['/allocate', '/containers', '/containers/{vmid}', '/containers/{vmid}/renew', '/drain', '/events', '/gc'],
        ...[
          '/health',
          '/metrics',
          '/pause',
          '/plan',
          '/ready',
          '/release/{vmid}',
          '/resume',
          '/status',
          '/warm/{template_vmid}',
        ],
      ].sort(),
    )
    expect(paths['/allocate']?.['post']?.['requestBody']).toMatchObject({
      content: {
        'application/json': {
          schema: {
            required: ['template_vmid'],
            properties: { template_vmid: { type: 'integer', minimum: 100, maximum: 999_999_999 } },
          },
        },
      },
    })
    for (const [path, methods] of Object.entries(paths)) {
      for (const operation of Object.values(methods)) {
        expect(operation, path).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] })
      }
    }
  })
})
