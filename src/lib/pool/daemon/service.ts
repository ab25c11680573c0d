import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import fastify, { type FastifyBaseLogger, LogController } from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import { isLoopback } from './access/access.js'
import { guard } from './access/guard.js'
import { answerRefusals, refuseBrokenHttp, refuseBrokenUrl } from './http/answer-refusals.js'
import type { App, Surroundings } from './http/app.js'
import { limitConnections } from './http/connections.js'
import { HTTP_LIMITS, type HttpLimits } from './http/limits.js'
import { readJson } from './http/read-json.js'
import { type RequestIds, requestIdOf } from './http/request-id.js'
import { limitUnreadAnswers } from './http/unread-answers.js'
import { checkRequest } from './http/validation.js'
import { lastAnswers } from './life/last-answers.js'
import { logRequests } from './observe/log-requests.js'
import { measureRequests } from './observe/measure-requests.js'
import { allocateRoutes } from './routes/allocate.js'
import { containerRoutes } from './routes/containers.js'
import { eventRoutes } from './routes/events.js'
import { healthRoutes } from './routes/health.js'
import { openApi } from './routes/openapi.js'
import { operationRoutes } from './routes/operation.js'
import { pageRoutes } from './routes/pages.js'
import { statusRoutes } from './routes/status.js'

export interface ServiceOptions extends Omit<Surroundings, 'limits'> {
  readonly log: FastifyBaseLogger
  readonly newRequestId: RequestIds
  /** Of the product, for the OpenAPI document. */
  readonly version: string
  readonly limits?: Partial<HttpLimits>
}

/** The pool over HTTP: not listening yet. Reads from top to bottom as a request passes through it. */
export async function createService(options: ServiceOptions): Promise<App> {
  const { access, shift, metrics, log, newRequestId, version } = options
  const limits = { ...HTTP_LIMITS, ...options.limits }
  const surroundings: Surroundings = { ...options, limits }

  const app: App = fastify({
    // A child, so that it can be told by itself to be silent (listen.ts).
    loggerInstance: log.child({}),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf(newRequestId),
    bodyLimit: limits.body,
    requestTimeout: limits.request,
    keepAliveTimeout: limits.keepAlive,
    connectionTimeout: limits.silence,
    http: { headersTimeout: limits.head, connectionsCheckingInterval: 1_000, keepAlive: true },
    routerOptions: { maxParamLength: 32, querystringParser: readQuery },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: refuseBrokenHttp,
    frameworkErrors: refuseBrokenUrl,
    // Only a proxy on this machine is believed who its client is.
    trustProxy: isLocal,
  }).withTypeProvider()
  limitConnections(app, limits.connections)
  limitUnreadAnswers(app)

  app.setValidatorCompiler(checkRequest)
  app.setSerializerCompiler(serializerCompiler)
  readJson(app)
  await app.register(rateLimit, { global: false })
  await app.register(swagger, openApi(version, access))

  logRequests(app)
  measureRequests(app, metrics)
  lastAnswers(app, shift)
  guard(app, access)
  answerRefusals(app, limits.failures)

  for (const routes of [
    healthRoutes,
    statusRoutes,
    allocateRoutes,
    containerRoutes,
    operationRoutes,
    eventRoutes,
    pageRoutes,
  ]) {
    await app.register(async (part: App) => routes(part, surroundings))
  }
  await app.ready()
  return app
}

/** The last one counts when a query names a parameter twice. */
const readQuery = (text: string): Record<string, string> => Object.fromEntries(new URLSearchParams(text))

/** The other end of a Unix socket has no address. */
const isLocal = (address: string | undefined): boolean => address === undefined || isLoopback(address)
