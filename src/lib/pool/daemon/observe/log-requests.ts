import type { App } from '../http/app.js'
import { clientOf } from '../http/caller.js'

/** One line for each request: what was asked, by whom, how it ended and how long it took. No query, header or body: they may hold secrets. */
export function logRequests(app: App): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
  })
  app.addHook('onResponse', async (request, reply) => {
    const { statusCode: status } = reply
    const { config, url: route } = request.routeOptions
    const line = {
      method: request.method,
      route: route ?? 'unknown',
      status,
      milliseconds: Math.round(reply.elapsedTime),
      client: clientOf(request),
    }
    if (status >= 500) request.log.warn(line, 'answered')
    else if (config.quiet) request.log.debug(line, 'answered')
    else request.log.info(line, 'answered')
  })
  app.addHook('onRequestAbort', async (request) => {
    request.log.info(
      { method: request.method, route: request.routeOptions.url, client: clientOf(request) },
      'the caller left',
    )
  })
}
