import type { ServerResponse } from 'node:http'
import type { PoolEvent } from '../../pool.js'
import { allocationAnswer } from '../../wire/translate.js'
import type { App, Surroundings } from '../http/app.js'
import { HttpRefusal } from '../http/refusal.js'

/** A listener that reads too slowly is sent away when this many bytes wait for it: it can come back and ask for the status. */
const BACKLOG = 1024 * 1024
/** Milliseconds between two signs of life, so that proxies keep the stream open. */
const HEARTBEAT = 15_000

/** Every change as it happens, as server-sent events. */
export function eventRoutes(app: App, { pool, shift, clock, limits }: Surroundings): void {
  const listeners = new Set<ServerResponse>()
  const endAll = () => {
    for (const listener of listeners) listener.end()
  }
  shift.ending.addEventListener('abort', endAll)
  app.addHook('preClose', async () => endAll())

  app.get(
    '/events',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['status'],
        summary: 'Every change as it happens (server-sent events).',
        description:
          'What happened before, or while nobody listened, is not told again: ask for the status after connecting.',
        produces: ['text/event-stream'],
      },
    },
    async (request, reply) => {
      if (shift.ending.aborted) throw new HttpRefusal(503, 'draining', 'This daemon is being stopped')
      if (listeners.size >= limits.listeners) {
        throw new HttpRefusal(503, 'exhausted', `${limits.listeners} listen already`, {
          headers: { 'retry-after': '30' },
        })
      }
      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        // For nginx, which would collect them.
        'x-accel-buffering': 'no',
        'x-request-id': request.id,
      })
      raw.write(': connected\n\n')
      listeners.add(raw)
      let count = 0
      const send = (text: string) => {
        if (raw.writableLength > BACKLOG) raw.destroy()
        else raw.write(text)
      }
      const forget = pool.onEvent((event) => {
        count++
        send(`id: ${count}\nevent: ${event.kind}\ndata: ${JSON.stringify(eventAnswer(event))}\n\n`)
      })
      const gone = new AbortController()
      raw.once('close', () => {
        listeners.delete(raw)
        forget()
        gone.abort()
      })
      void beat(() => send(': still here\n\n'), gone.signal)
    },
  )

  async function beat(send: () => void, gone: AbortSignal): Promise<void> {
    while (!gone.aborted) {
      await clock.sleep(HEARTBEAT, gone).catch(() => undefined)
      if (!gone.aborted) send()
    }
  }
}

function eventAnswer(event: PoolEvent): unknown {
  switch (event.kind) {
    case 'state': {
      const { vmid, template, from, to } = event
      return { vmid, template_vmid: template, from: from ?? null, to }
    }
    case 'allocated':
      return { ...allocationAnswer(event.allocation), request_id: event.requestId }
    case 'filled':
      return { vmid: event.vmid, template_vmid: event.template, milliseconds: Math.round(event.milliseconds) }
    case 'lock-met':
      return { vmid: event.vmid, word: event.word }
    case 'retry':
      return { what: event.what }
    case 'alarm': {
      const { kind, message, vmid, template, remedy } = event.alarm
      return { kind, message, vmid: vmid ?? null, template_vmid: template ?? null, remedy: remedy ?? null }
    }
  }
}
