import { toVmid } from '../../../pve/vmid.js'
import type { ReleaseOptions } from '../../pool.js'
import * as answers from '../../wire/answers.js'
import * as requests from '../../wire/requests.js'
import { leaseAnswer, releasedAnswer, removedAnswer } from '../../wire/translate.js'
import type { App, Surroundings } from '../http/app.js'

/** What can be done with a container that was handed out. */
export function containerRoutes(app: App, { pool }: Surroundings): void {
  app.post(
    '/release/:vmid',
    {
      schema: {
        tags: ['containers'],
        summary: 'Give a container back. Answered as soon as that is written; it is cleaned afterwards.',
        params: requests.containerParams,
        querystring: requests.releaseQuery,
        response: { 200: answers.released, 404: answers.refusal, 409: answers.refusal },
      },
    },
    async ({ params, query, log }) => {
      const outcome = await pool.release(toVmid(params.vmid), guarded(query))
      log.info(outcome, 'released')
      return releasedAnswer(outcome)
    },
  )

  app.delete(
    '/containers/:vmid',
    {
      schema: {
        tags: ['containers'],
        summary: 'Destroy a container of the pool, handed out or not.',
        params: requests.containerParams,
        querystring: requests.releaseQuery,
        response: { 200: answers.removed, 404: answers.refusal, 409: answers.refusal },
      },
    },
    async ({ params, query, log }) => {
      const outcome = await pool.remove(toVmid(params.vmid), guarded(query))
      log.info(outcome, 'removed')
      return removedAnswer(outcome)
    },
  )

  app.post(
    '/containers/:vmid/renew',
    {
      schema: {
        tags: ['containers'],
        summary: 'Let the lease end later, or earlier.',
        params: requests.containerParams,
        body: requests.renewBody,
        response: { 200: answers.lease, 404: answers.refusal, 409: answers.refusal },
      },
    },
    async ({ params, body }) =>
      leaseAnswer(await pool.renew(toVmid(params.vmid), { ttlSeconds: body.ttl_seconds, ...guarded(body) })),
  )
}

const guarded = ({ instance_id }: { readonly instance_id?: string | null | undefined }): ReleaseOptions =>
  instance_id ? { instanceId: instance_id } : {}
