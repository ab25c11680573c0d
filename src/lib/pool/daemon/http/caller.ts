import type { FastifyReply, FastifyRequest } from 'fastify'
import { CmuxError } from '../../../errors.js'
import type { Caller } from '../../pool.js'

/** Who asks. The signal is aborted when the connection is closed before the answer is out, or when `abandoned` is. */
export function callerOf({ id, ip }: FastifyRequest, { raw }: FastifyReply, abandoned: AbortSignal): Caller {
  const left = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) left.abort(new CmuxError('interrupted', 'The caller has left'))
  })
  return { requestId: id, client: ip ?? 'socket', signal: AbortSignal.any([left.signal, abandoned]) }
}
