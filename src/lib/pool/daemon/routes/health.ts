import * as answers from '../../wire/answers.js'
import { isoTime } from '../../wire/values.js'
import type { App, Surroundings } from '../http/app.js'
import { HttpRefusal } from '../http/refusal.js'
import { unreadyReasons } from '../life/readiness.js'

/** Is it alive, and shall it be asked for containers. */
export function healthRoutes(app: App, { pool, shift, clock }: Surroundings): void {
  app.get(
    '/health',
    {
      config: { open: true, quiet: true },
      schema: { tags: ['health'], summary: 'The daemon is alive.', response: { 200: answers.health } },
    },
    async () => ({ status: 'healthy' as const, timestamp: isoTime(clock.now()) }),
  )

  app.get(
    '/ready',
    {
      config: { open: true, quiet: true },
      schema: {
        tags: ['health'],
        summary:
          'Allocates can succeed: Proxmox is reachable and quorate, there is a template, no breaker is open, nothing is being drained.',
        response: { 200: answers.readiness, 503: answers.refusal },
      },
    },
    async () => {
      const reasons = unreadyReasons(pool.status(), shift.ending.aborted)
      if (reasons.length === 0) return { status: 'ready' as const }
      const code = shift.ending.aborted ? 'draining' : 'unavailable'
      throw new HttpRefusal(503, code, reasons.join('; '), { headers: { 'retry-after': '5' } })
    },
  )
}
