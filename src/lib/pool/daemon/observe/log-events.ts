import type { FastifyBaseLogger } from 'fastify'
import type { Pool } from '../../pool.js'
import { wholeStages } from '../../wire/values.js'

/** What happens in the pool, with the id of the request where one asked for it. */
export function logEvents(pool: Pool, log: FastifyBaseLogger): () => void {
  return pool.onEvent((event) => {
    switch (event.kind) {
      case 'allocated': {
        const { vmid, node, instanceId, template, fromPool, tier, claimId } = event.allocation
        const stages = wholeStages(event.allocation.stages)
        const line = { reqId: event.requestId, vmid, node, instanceId, template, fromPool, tier, stages, claimId }
        return log.info(line, 'allocated')
      }
      case 'alarm':
        return log.warn(event.alarm, 'alarm')
      case 'filled':
        return log.info({ ...event, milliseconds: Math.round(event.milliseconds) }, 'filled')
      case 'retry':
        return log.info(event, event.kind)
      case 'state':
      case 'lock-met':
        return log.debug(event, event.kind)
    }
  })
}
