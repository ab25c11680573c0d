import * as answers from '../../wire/answers.js'
import * as requests from '../../wire/requests.js'
import { containerAnswer, planAnswer, statusAnswer } from '../../wire/translate.js'
import type { App, Surroundings } from '../http/app.js'

/** What is there. Nothing here asks Proxmox, but for the plan. */
export function statusRoutes(app: App, { pool, metrics }: Surroundings): void {
  app.get(
    '/status',
    {
      schema: {
        tags: ['status'],
        summary: 'How many containers of each template there are, and which.',
        response: { 200: answers.status },
      },
    },
    async () => statusAnswer(pool.status(), pool.list()),
  )

  app.get(
    '/containers',
    {
      schema: {
        tags: ['status'],
        summary: 'The containers with all that is known of them.',
        querystring: requests.containersQuery,
        response: { 200: answers.containers, 503: answers.refusal },
      },
    },
    async ({ query: { template_vmid, state, instance_id, fresh } }) => {
      if (fresh) await pool.refresh()
      const containers = pool
        .list()
        .filter((one) => template_vmid === undefined || one.template === template_vmid)
        .filter((one) => state === undefined || one.state === state)
        .filter((one) => instance_id === undefined || one.instanceId === instance_id)
      return { containers: containers.map(containerAnswer) }
    },
  )

  app.get(
    '/plan',
    {
      schema: {
        tags: ['status'],
        summary: 'What the controller would do now, and why. Nothing is done.',
        response: { 200: answers.plan },
      },
    },
    async () => planAnswer(await pool.plan()),
  )

  app.get(
    '/metrics',
    { config: { quiet: true }, schema: { tags: ['status'], summary: 'For Prometheus.', produces: ['text/plain'] } },
    async (_request, reply) => {
      reply.type(metrics.contentType)
      return metrics.text()
    },
  )
}
