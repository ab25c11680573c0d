import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from './app.js'
import { clientOf } from './caller.js'
import { HttpRefusal, refusalOf } from './refusal.js'

const METHODS = ['GET', 'POST', 'DELETE'] as const

/** The statuses that say that a request was bad in itself, whatever the pool holds. */
const BAD_REQUEST = new Set([400, 401, 403, 405, 413, 415, 422])

/**
 * Every error becomes `{"detail", "code"}`. An address that sends more than `most` bad requests in a minute hears 429 for further bad
 * ones, and they are not logged; its good ones are answered as ever.
 */
export function answerRefusals(app: App, most: number): void {
  const count = app.createRateLimit({ max: most, timeWindow: 60_000, keyGenerator: clientOf })
  const paths = pathsOf(app)

  app.setNotFoundHandler((request) => {
    const allowed = METHODS.filter((method) => paths.get(method)?.some((path) => path.test(pathOf(request))))
    if (allowed.length === 0) throw new HttpRefusal(404, 'not-found', 'There is no such path', { hint: NO_PATH })
    throw new HttpRefusal(405, 'invalid', `This path takes ${allowed.join(' and ')}`, {
      headers: { allow: allowed.join(', ') },
    })
  })

  app.setErrorHandler(async (error, request, reply) => {
    const refusal = refusalOf(error, request.id)
    if (refusal.unexpected) request.log.error({ err: error }, 'unexpected')
    if (BAD_REQUEST.has(refusal.status)) {
      const counted = await count(request)
      if (!counted.isAllowed && counted.isExceeded) {
        request.log.level = 'silent'
        const detail = 'Too many bad requests from this address'
        return reply
          .code(429)
          .headers({ 'retry-after': String(counted.ttlInSeconds), connection: 'close' })
          .send({ detail, code: 'exhausted' })
      }
    }
    return reply.code(refusal.status).headers(refusal.headers).send(refusal.body)
  })
}

const NO_PATH =
  'Is the URL of the pool right (PVE_POOL_URL)? What follows it begins at the root of the daemon; /docs has the paths.'

/** A URL that cannot be decoded has no route, and no hook runs for it. */
export function refuseBrokenUrl(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const { status, body } = refusalOf(error, request.id)
  void reply
    .code(status)
    .headers({ 'content-type': 'application/json', connection: 'close' })
    .send(JSON.stringify(body))
}

/** What is not even HTTP, too slow or too large at the head never becomes a request. */
export function refuseBrokenHttp(error: Error & { code?: string }, socket: Socket): void {
  const [status, detail] = BROKEN[error.code ?? ''] ?? ['400 Bad Request', 'This is not HTTP']
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
  const body = JSON.stringify({ detail, code: 'invalid' })
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

const BROKEN: Readonly<Record<string, readonly [status: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'The request took too long to arrive'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'The head of the request is too large'],
}

const pathOf = ({ url }: FastifyRequest): string => url.split('?', 1)[0] ?? ''

/** By method, filled while routes are added. */
function pathsOf(app: App): ReadonlyMap<string, readonly RegExp[]> {
  const paths = new Map<string, RegExp[]>(METHODS.map((method) => [method, []]))
  app.addHook('onRoute', ({ method, url }) => {
    const path = new RegExp(`^${url.replace(/:\w+/g, '[^/]+').replaceAll('.', '\\.')}$`)
    for (const one of [method].flat()) paths.get(one)?.push(path)
  })
  return paths
}
