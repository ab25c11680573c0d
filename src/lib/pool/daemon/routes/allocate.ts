import { CmuxError } from '../../../errors.js'
import { toVmid } from '../../../pve/vmid.js'
import type { AllocateRequest, InjectedFile } from '../../pool.js'
import * as answers from '../../wire/answers.js'
import * as requests from '../../wire/requests.js'
import { allocationAnswer } from '../../wire/translate.js'
import type { App, Surroundings } from '../http/app.js'
import { callerOf } from '../http/caller.js'

/** Hands out containers. */
export function allocateRoutes(app: App, { pool, shift }: Surroundings): void {
  app.post(
    '/allocate',
    {
      schema: {
        tags: ['containers'],
        summary: 'Hand out a container; wait in line while there is none.',
        description:
          'Repeating it with the same instance_id gives the same container. A caller that closes its connection has given up: nothing is left of it.',
        querystring: requests.allocateQuery,
        body: requests.allocateBody,
        response: { 200: answers.allocation, 409: answers.refusal, 422: answers.refusal, 503: answers.refusal },
      },
    },
    async (request, reply) =>
      shift.work(async (abandoned) => {
        const wanted = allocateRequest(request.body, request.query.start)
        return allocationAnswer(await pool.allocate(wanted, callerOf(request, reply, abandoned)))
      }),
  )
}

function allocateRequest(body: requests.AllocateBody, start: boolean): AllocateRequest {
  const { template_vmid, instance_id, metadata, ttl_seconds, timeout_seconds, environment, files, command } = body
  if (!start && (environment || files || command)) {
    throw new CmuxError('invalid', 'environment, files and command need start=true')
  }
  return {
    template: toVmid(template_vmid),
    start,
    timeout: timeout_seconds === undefined || timeout_seconds === null ? requests.DEFAULT_WAIT : timeout_seconds * 1000,
    ...(instance_id && { instanceId: instance_id }),
    ...(metadata && { metadata }),
    ...(ttl_seconds && { ttlSeconds: ttl_seconds }),
    ...(environment && { environment }),
    ...(files && { files: files.map(injectedFile) }),
    ...(command && { command }),
  }
}

const injectedFile = ({ path, content, content_base64, mode }: requests.WireFile): InjectedFile => ({
  path,
  content: content_base64 === undefined ? Buffer.from(content ?? '') : Buffer.from(content_base64, 'base64'),
  ...(mode !== undefined && { mode: Number.parseInt(mode, 8) }),
})
