import { once } from 'node:events'
import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { type ServiceBench, serviceBench } from './service-bench.js'

const open = serviceBench()
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** A proxy that shows the pool under /pool, as its users' applications find it. It drops its request when its caller leaves. */
async function behindProxy({ url }: ServiceBench): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url?.startsWith('/pool/')) return void outgoing.writeHead(404).end()
    const { host: _, ...headers } = incoming.headers
    const path = incoming.url.slice('/pool'.length)
    const upstream = forward(`${url}${path}`, { method: incoming.method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stops.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/pool`
}

/** The original's client: no token, JSON, 120 s of patience, and any status but 2xx is an error. */
function originalClient(base: string) {
  const call = async (method: string, path: string, body?: unknown, signal?: AbortSignal) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([AbortSignal.timeout(120_000), ...(signal === undefined ? [] : [signal])]),
    })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    return response.json() as Promise<Record<string, unknown>>
  }
  return {
    allocate: (templateVmid: number, instanceId: string, signal?: AbortSignal) =>
      call('POST', '/allocate?start=true', { template_vmid: templateVmid, instance_id: instanceId }, signal),
    release: (vmid: unknown) => call('POST', `/release/${vmid}`),
    health: () => call('GET', '/health'),
    status: () => call('GET', '/status'),
  }
}

describe('an application that was written for the original service', () => {
  it('gets a container that bears the name it asked for, and gives it back', async () => {
    const bench = await open()
    const client = originalClient(await behindProxy(bench))
    expect(await client.health()).toMatchObject({ status: 'healthy' })
    const given = await client.allocate(9009, 'pvelxc-8c0ffee8')
    expect(given).toMatchObject({
      hostname: 'pvelxc-8c0ffee8',
      instance_id: 'pvelxc-8c0ffee8',
      template_vmid: 9009,
      allocated_from_pool: true,
    })
    expect(given['hostname']).toBe(given['instance_id'])
    expect(await client.status()).toMatchObject({ total_allocated: 1 })
    expect(await client.release(given['vmid'])).toMatchObject({ status: 'released', vmid: given['vmid'] })
    expect(bench.pool.calls).toEqual([`release ${given['vmid']}`])
  })

  it('leaves nothing behind when it goes away while it waits', async () => {
    const bench = await open()
    const client = originalClient(await behindProxy(bench))
    const leaving = new AbortController()
    const aborted = new Promise<unknown>((resolve) => {
      bench.pool.onAllocate = (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(signal.reason)
            resolve(signal.reason)
          })
          leaving.abort()
        })
    })
    await expect(client.allocate(9009, 'leaves', leaving.signal)).rejects.toThrow()
    expect(await aborted).toMatchObject({ code: 'interrupted' })
    await bench.shift.idle()
    expect(bench.pool.containers.size).toBe(0)
  })

  it('may wait as long as it is patient', async () => {
    const bench = await open()
    const client = originalClient(await behindProxy(bench))
    await client.allocate(9009, 'patient')
    expect(bench.pool.requests[0]?.timeout).toBeGreaterThan(100_000)
    expect(bench.pool.requests[0]?.timeout).toBeLessThan(120_000)
  })
})
