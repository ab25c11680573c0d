import { toVmid } from '../../../pve/vmid.js'
import * as answers from '../../wire/answers.js'
import * as requests from '../../wire/requests.js'
import { garbageAnswer, warmingAnswer } from '../../wire/translate.js'
import type { App, Surroundings } from '../http/app.js'

/** For whoever runs the pool. */
export function operationRoutes(app: App, { pool }: Surroundings): void {
  app.post(
    '/warm/:template_vmid',
    {
      schema: {
        tags: ['operation'],
        summary: 'Have so many ready, once, beyond the target if need be. Refused while nothing is filled.',
        params: requests.templateParams,
        querystring: requests.warmQuery,
        response: { 200: answers.warming, 404: answers.refusal, 409: answers.refusal, 503: answers.refusal },
      },
    },
    async ({ params, query }) => warmingAnswer(await pool.warm(toVmid(params.template_vmid), query.count)),
  )

  app.post(
    '/pause',
    {
      schema: {
        tags: ['operation'],
        summary: 'No more fills and recycling; allocates go on. Refused while the pool drains.',
        response: { 200: answers.mode, 503: answers.refusal },
      },
    },
    async () => {
      pool.pause()
      return { status: 'paused' as const }
    },
  )

  app.post(
    '/resume',
    { schema: { tags: ['operation'], summary: 'End a pause or a drain.', response: { 200: answers.mode } } },
    async () => {
      pool.resume()
      return { status: 'running' as const }
    },
  )

  app.post(
    '/drain',
    {
      schema: {
        tags: ['operation'],
        summary: 'Refuse new allocates and destroy the ready ones. What is handed out stays.',
        querystring: requests.drainQuery,
        response: { 200: answers.mode, 404: answers.refusal, 409: answers.refusal },
      },
    },
    async ({ query }) => {
      await pool.drain(query.template_vmid === undefined ? undefined : toVmid(query.template_vmid))
      return { status: 'draining' as const }
    },
  )

  app.post(
    '/gc',
    {
      schema: {
        tags: ['operation'],
        summary: 'What is orphaned, and why it is, or is not, ours.',
        querystring: requests.gcQuery,
        response: { 200: answers.garbage },
      },
    },
    async ({ query }) => garbageAnswer(await pool.collectGarbage({ act: query.act })),
  )
}
