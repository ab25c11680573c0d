import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createLog } from '../../../../src/lib/pool/daemon/observe/log.js'
import { createMetrics } from '../../../../src/lib/pool/daemon/observe/metrics.js'
import { type DaemonOptions, runDaemon } from '../../../../src/lib/pool/daemon/run.js'
import { JumpingClock } from '../../../support/jumping-clock.js'
import { FakePool } from './fake-pool.js'

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'pool-daemon-'))
  stops.push(async () => rmSync(path, { recursive: true }))
  return path
}

/** A daemon that listens; `stop` is what SIGTERM does. */
async function start(options: Partial<DaemonOptions> = {}) {
  const pool = new FakePool()
  const clock = new JumpingClock()
  const metrics = createMetrics()
  metrics.watch(pool)
  const signal = new AbortController()
  const told: string[] = []
  const manager = {
    ready: async (status: string) => void told.push(`ready ${status}`),
    alive: async () => void told.push('alive'),
    stopping: async () => void told.push('stopping'),
  }
  let listening: (url: string) => void = () => undefined
  const heard = new Promise<string>((resolve) => {
    listening = resolve
  })
  const ended = runDaemon({
    pool,
    settings: { listen: { host: '127.0.0.1', port: 0 }, tokens: [] },
    interval: 30_000,
    clock,
    log: createLog({ level: 'error', secrets: [], write: () => undefined }).log,
    metrics,
    manager,
    version: '0.0.0',
    newRequestId: () => 'request',
    onListening: listening,
    signal: signal.signal,
    ...options,
  })
  const outcome = ended.then(
    () => 'stopped',
    (error: unknown) => error,
  )
  const stop = () => {
    signal.abort()
    return outcome
  }
  stops.push(stop)
  const url = await Promise.race([heard, ended.then(() => '')])
  const allocate = (instance_id: string) =>
    fetch(`${url}/allocate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ template_vmid: 9009, instance_id }),
    })
  return { url, pool, clock, told, stop, outcome, allocate, order: () => signal.abort() }
}

/** Lets an allocate run until the test ends it. */
function hold(pool: FakePool) {
  let begin: () => void = () => undefined
  let end: () => void = () => undefined
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  pool.onAllocate = (request, caller) =>
    new Promise((resolve, reject) => {
      end = () => resolve(pool.handOut(request, caller))
      caller.signal.addEventListener('abort', () => reject(caller.signal.reason))
      begin()
    })
  return { begun, end: () => end() }
}

describe('a daemon that is told to stop', () => {
  it('is not ready at once, takes no new allocates, ends what runs, and is out', async () => {
    const { url, pool, told, outcome, allocate, order } = await start()
    expect((await fetch(`${url}/ready`)).status).toBe(200)
    const { begun, end } = hold(pool)
    const running = allocate('first')
    await begun
    order()
    const ready = await fetch(`${url}/ready`)
    expect(ready.status).toBe(503)
    expect(await ready.json()).toEqual({ detail: 'The daemon is being stopped', code: 'draining' })
    expect((await fetch(`${url}/health`)).status).toBe(200)
    const refused = await allocate('second')
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(refused.headers.get('connection')).toBe('close')
    expect(await refused.json()).toMatchObject({ code: 'draining' })
    end()
    expect((await running).status).toBe(200)
    expect(await outcome).toBe('stopped')
    expect(told).toEqual([`ready Listening on ${url}`, 'stopping'])
  })

  it('leaves what is claimed as it is', async () => {
    const { pool, allocate, stop } = await start()
    await allocate('mine')
    expect(await stop()).toBe('stopped')
    expect(pool.calls).toEqual([])
    expect([...pool.containers.values()]).toMatchObject([{ state: 'claimed', instanceId: 'mine' }])
  })

  it('gives an allocate that does not end up after 18 s, and its caller hears where to go on', async () => {
    const { pool, clock, outcome, allocate, order } = await start()
    const { begun } = hold(pool)
    const running = allocate('slow')
    await begun
    order()
    await expect.poll(() => pool.callers[0]?.signal.aborted || clock.advance(10_000)).toBe(true)
    const answer = await running
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'draining', hint: expect.stringContaining('instance_id') })
    expect(await outcome).toBe('stopped')
  })

  it('is out even when an allocate ignores that it was given up, and a caller dribbles its request', async () => {
    const { url, pool, clock, outcome, order } = await start()
    let begun = false
    pool.onAllocate = () => {
      begun = true
      return new Promise(() => undefined)
    }
    const body = JSON.stringify({ template_vmid: 9009 })
    const open = [
      `POST /allocate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      'GET /sta',
    ].map((text) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(text)
      return socket
    })
    await expect.poll(() => begun).toBe(true)
    order()
    let out: unknown
    void outcome.then((value) => {
      out = value
    })
    await expect.poll(() => out ?? void clock.advance(5_000)).toBe('stopped')
    for (const socket of open) socket.destroy()
  })

  it('ends the streams of events', async () => {
    const { url, stop } = await start()
    const response = await fetch(`${url}/events`)
    const text = response.text()
    expect(await stop()).toBe('stopped')
    expect(await text).toBe(': connected\n\n')
  })
})

describe('a daemon whose controller ends', () => {
  it('ends as well, so that it is started anew', async () => {
    const { pool, outcome } = await start()
    pool.endController(new Error('the controller has a bug'))
    expect(await outcome).toMatchObject({ message: 'the controller has a bug' })
  })

  it('without a word ends too', async () => {
    const { pool, outcome } = await start()
    pool.endController()
    expect(await outcome).toMatchObject({ code: 'internal' })
  })
})

describe('the watchdog', () => {
  it('is fed while the controller comes round, and not when it hangs', async () => {
    const told: string[] = []
    const manager = {
      watchdog: 30_000,
      ready: async () => undefined,
      alive: async () => void told.push('alive'),
      stopping: async () => undefined,
    }
    const { pool, clock } = await start({ manager })
    const alive = async () => {
      const before = told.length
      clock.advance(10_000)
      await new Promise((resolve) => setImmediate(resolve))
      await new Promise((resolve) => setImmediate(resolve))
      return told.length > before
    }
    await expect.poll(() => told.length).toBeGreaterThan(0)
    for (let round = 0; round < 20; round++) {
      pool.roundAt = clock.now() / 1000
      expect(await alive()).toBe(true)
    }
    let fed = 0
    while (await alive()) fed++
    expect(fed).toBeLessThanOrEqual(12)
    expect(fed).toBeGreaterThan(3)
    pool.roundAt = clock.now() / 1000
    expect(await alive()).toBe(true)
  })
})

describe('a socket in the file system', () => {
  it('is for its owner and group, serves without a token, and is gone afterwards', async () => {
    const path = join(folder(), 'pool.sock')
    const { url, stop } = await start({ settings: { listen: { socket: path }, tokens: [] } })
    expect(url).toBe(`unix:${path}`)
    expect(statSync(path).mode & 0o777).toBe(0o660)
    const socket = connect(path)
    socket.end('GET /status HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    await once(socket, 'close')
    expect(text).toContain('HTTP/1.1 200')
    const bad = connect(path)
    bad.end('POST /allocate HTTP/1.1\r\nHost: anything\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    let refused = ''
    bad.on('data', (chunk) => {
      refused += chunk
    })
    await once(bad, 'close')
    expect(refused).toContain('HTTP/1.1 422')
    await stop()
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
  })

  it('that a killed daemon left is replaced; a live one, or a file, is not', async () => {
    const path = join(folder(), 'pool.sock')
    const { spawnSync } = await import('node:child_process')
    const leave = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', leave])
    expect(statSync(path).isSocket()).toBe(true)
    const settings = { listen: { socket: path }, tokens: [] }
    expect((await start({ settings })).url).toBe(`unix:${path}`)
    await expect(start({ settings })).rejects.toMatchObject({ code: 'in-use' })
    const file = join(folder(), 'file')
    writeFileSync(file, 'mine')
    await expect(start({ settings: { listen: { socket: file }, tokens: [] } })).rejects.toMatchObject({
      code: 'not-configured',
    })
  })
})

describe('an address', () => {
  it('that is taken, or that is none of this machine, is told in a sentence', async () => {
    const { url } = await start()
    const port = Number(new URL(url).port)
    const at = (host: string, port: number) => start({ settings: { listen: { host, port }, tokens: ['x'.repeat(16)] } })
    await expect(at('127.0.0.1', port)).rejects.toMatchObject({
      code: 'in-use',
      hint: expect.stringContaining('--port'),
    })
    await expect(at('192.0.2.1', 0)).rejects.toMatchObject({ code: 'not-configured' })
  })

  it('that is taken is no daemon that has stopped', async () => {
    const { url } = await start()
    const lines: string[] = []
    const { log } = createLog({ level: 'info', secrets: [], write: (line) => void lines.push(line) })
    const settings = { listen: { host: '127.0.0.1', port: Number(new URL(url).port) }, tokens: [] }
    await expect(start({ settings, log })).rejects.toMatchObject({ code: 'in-use' })
    expect(lines).toEqual([])
  })

  it('that others reach needs a token before anything is listened on', async () => {
    const settings = { listen: { host: '0.0.0.0', port: 0 }, tokens: [] }
    await expect(start({ settings })).rejects.toMatchObject({ code: 'not-configured' })
  })
})
