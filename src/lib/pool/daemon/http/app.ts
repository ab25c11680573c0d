import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Clock } from '../../../clock.js'
import type { Pool } from '../../pool.js'
import type { Access } from '../access/access.js'
import type { Shift } from '../life/shift.js'
import type { Metrics } from '../observe/metrics.js'
import type { HttpLimits } from './limits.js'

/** A fastify whose handlers are typed by their zod schemas. */
export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>

/** What the parts of the service share. */
export interface Surroundings {
  readonly pool: Pool
  readonly access: Access
  readonly shift: Shift
  readonly metrics: Metrics
  readonly clock: Clock
  readonly limits: HttpLimits
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered without a token and for any Host: says nothing that is not public. */
    open?: true
    /** Asked all the time by machines: logged on level debug only. */
    quiet?: true
  }
}
