import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type CallOptions, createPoolClient, type PoolClientOptions } from '../../../src/lib/pool/client.js'
import { createLog } from '../../../src/lib/pool/daemon/observe/log.js'
import { logEvents } from '../../../src/lib/pool/daemon/observe/log-events.js'
import type { Allocation, PoolEvent } from '../../../src/lib/pool/pool.js'
import { toVmid } from '../../../src/lib/pve/vmid.js'
import { JumpingClock } from '../../support/jumping-clock.js'
import { SINCE, TEMPLATE } from './daemon/fake-pool.js'
import { serviceBench } from './daemon/service-bench.js'

const open = serviceBench()
const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

function listen(options: PoolClientOptions, call?: CallOptions) {
  const client = createPoolClient(options)
  stops.push(() => client.close())
  return client.events(call)
}

/** A server that answers every request with the beginning of an event stream, and hands it over. */
async function stream(
  type = 'text/event-stream',
): Promise<{ readonly url: string; readonly begun: Promise<ServerResponse> }> {
  const server = createServer()
  const begun = once(server, 'request').then(([, response]: ServerResponse[]) => {
    if (response === undefined) throw new Error('there is no response')
    response.writeHead(200, { 'content-type': type }).write(': connected\n\n')
    return response
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, begun }
}

const allocation: Allocation = {
  vmid: toVmid(200),
  node: 'pve1',
  hostname: 'web',
  instanceId: 'web',
  template: TEMPLATE,
  fromPool: true,
  tier: 'hot',
  status: 'running',
  claimId: 'claim-200',
  expires: SINCE + 60,
  stages: { queue: 0, claim: 12, start: 340, inject: 0 },
}
const vmid = toVmid(201)
const EVENTS: readonly PoolEvent[] = [
  { kind: 'state', vmid, template: TEMPLATE, to: 'filling' },
  { kind: 'state', vmid, template: TEMPLATE, from: 'filling', to: 'ready' },
  { kind: 'state', vmid, template: TEMPLATE, from: 'releasing', to: 'gone' },
  { kind: 'allocated', allocation, requestId: 'request-1' },
  { kind: 'filled', vmid, template: TEMPLATE, milliseconds: 900 },
  { kind: 'lock-met', vmid: TEMPLATE, word: 'disk' },
  { kind: 'retry', what: 'clone: "CT is locked (disk)"\nagain' },
  { kind: 'alarm', alarm: { kind: 'no-quorum', message: 'The cluster has no quorum' } },
  { kind: 'alarm', alarm: { kind: 'quarantine', message: 'No', vmid, template: TEMPLATE, remedy: 'pool remove 201' } },
]

describe('the events of a pool', () => {
  it('are told as they happen, every kind in the words of the library, until the daemon is stopped', async () => {
    const { url, pool, shift } = await open()
    const events = await listen({ url })
    for (const event of EVENTS) pool.emit(event)
    const told: PoolEvent[] = []
    for await (const event of events) {
      told.push(event)
      if (told.length === EVENTS.length) shift.end()
    }
    expect(told).toEqual(EVENTS)
  })

  it('tell times in whole milliseconds, the stream as well as the log', async () => {
    const { url, pool } = await open()
    const lines: string[] = []
    const { log } = createLog({ level: 'info', secrets: [], write: (line) => void lines.push(line) })
    stops.push(logEvents(pool, log))
    const events = await listen({ url })
    pool.emit({ kind: 'filled', vmid, template: TEMPLATE, milliseconds: 900.123456789012 })
    const stages = { queue: 0.2, claim: 11.987654321, start: 340.1, inject: 0 }
    pool.emit({ kind: 'allocated', allocation: { ...allocation, stages }, requestId: 'request-1' })
    const whole = { queue: 0, claim: 12, start: 340, inject: 0 }
    expect((await events.next()).value).toMatchObject({ milliseconds: 900 })
    expect((await events.next()).value).toMatchObject({ allocation: { stages: whole } })
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ milliseconds: 900 }, { stages: whole }])
  })

  it('come through a socket file, and to those who have the token', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cmux-events-'))
    stops.push(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'pool.sock')
    const { pool } = await open({
      settings: { listen: { socket: path }, tokens: ['0123456789abcdef0123456789abcdef'] },
    })
    const events = await listen({ url: `unix:${path}`, token: '0123456789abcdef0123456789abcdef' })
    pool.emit({ kind: 'retry', what: 'clone' })
    expect(await events.next()).toEqual({ done: false, value: { kind: 'retry', what: 'clone' } })
    await expect(listen({ url: `unix:${path}`, token: 'wrong' })).rejects.toMatchObject({ code: 'unauthorised' })
  })

  it('are not listened to any more after a break, or a return without a look', async () => {
    const { url, pool } = await open()
    const before = pool.listeners
    const events = await listen({ url })
    const unread = await listen({ url })
    expect(pool.listeners).toBe(before + 2)
    pool.emit({ kind: 'retry', what: 'clone' })
    for await (const event of events) {
      expect(event.kind).toBe('retry')
      break
    }
    await unread.return?.()
    await expect.poll(() => pool.listeners).toBe(before)
    expect(await events.next()).toMatchObject({ done: true })
  })

  it('end with the reason when the caller gives up, before they begin and in the middle', async () => {
    const { url, pool } = await open()
    const before = pool.listeners
    const reason = new Error('enough')
    await expect(listen({ url }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const giveUp = new AbortController()
    const events = await listen({ url }, { signal: giveUp.signal })
    const next = events.next()
    giveUp.abort(reason)
    await expect(next).rejects.toBe(reason)
    await expect.poll(() => pool.listeners).toBe(before)
  })

  it('end when the client is closed', async () => {
    const { url, pool } = await open()
    const before = pool.listeners
    const client = createPoolClient({ url })
    const next = (await client.events()).next()
    await Promise.all([client.close(), expect(next).rejects.toMatchObject({ code: 'unavailable' })])
    await expect.poll(() => pool.listeners).toBe(before)
  })

  it('are refused with what the daemon says', async () => {
    const { url } = await open({ limits: { listeners: 1 } })
    await listen({ url })
    await expect(listen({ url })).rejects.toMatchObject({ code: 'exhausted', data: { status: 503, retryAfter: 30 } })
    await expect(listen({ url: 'unix:/nowhere/pool.sock' })).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('a stream of events', () => {
  it('is understood wherever it is cut, and kinds that are not known are passed over', async () => {
    const { url, begun } = await stream()
    const listening = listen({ url })
    const response = await begun
    const events = await listening
    const text =
      'id: 1\r\nevent: later-kind\r\ndata: {}\r\n\r\n: still here\n\nevent: retry\ndata: {"what":\ndata: "é"}\n\nevent: retry\ndata: {"what":"half'
    for (const byte of Buffer.from(text)) {
      response.write(Buffer.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
    const told: PoolEvent[] = []
    for await (const event of events) told.push(event)
    expect(told).toEqual([{ kind: 'retry', what: 'é' }])
  })

  it('is none where something else answers', async () => {
    const { url } = await stream('text/html')
    await expect(listen({ url })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no pool'),
    })
  })

  it('that breaks off is an error that says what to do, and not its end', async () => {
    const { url, begun } = await stream()
    const listening = listen({ url })
    const response = await begun
    const events = await listening
    response.destroy()
    await expect(events.next()).rejects.toMatchObject({ code: 'unavailable', hint: expect.stringContaining('status') })
    expect(await events.next()).toMatchObject({ done: true })
  })

  it('that says nothing for longer than the daemon ever would is given up', async () => {
    const clock = new JumpingClock()
    const { url, begun } = await stream()
    const listening = listen({ url, clock })
    const response = await begun
    const events = await listening
    response.write('event: retry\ndata: {"what":"clone"}\n\n')
    expect(await events.next()).toMatchObject({ value: { what: 'clone' } })
    // However long the caller thinks about one.
    clock.advance(120_000)
    const next = events.next()
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(44_000)
    clock.advance(2_000)
    await expect(next).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('45 s') })
  })
})
