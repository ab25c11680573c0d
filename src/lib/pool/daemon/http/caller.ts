import type { FastifyReply, FastifyRequest } from 'fastify'
import { CmuxError } from '../../../errors.js'
import type { Caller } from '../../pool.js'

/** Who asks. The signal is aborted when the connection is closed before the answer is out, or when `abandoned` is. */
export function callerOf(request: FastifyRequest, { raw }: FastifyReply, abandoned: AbortSignal): Caller {
  const left = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) left.abort(new CmuxError('interrupted', 'The caller has left'))
  })
  return { requestId: request.id, client: clientOf(request), signal: AbortSignal.any([left.signal, abandoned]) }
}

/** Its address; a Unix socket has none. */
export function clientOf({ ip }: { readonly ip: string | undefined }): string {
  return ip ?? 'socket'
}
