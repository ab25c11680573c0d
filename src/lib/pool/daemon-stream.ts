import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface StreamRequest {
  readonly origin: string
  readonly socketPath?: string
  readonly ca?: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * An answer that goes on for as long as both sides like, over a connection of its own. Resolves when it begins; rejects with the socket's error, or with
 * the signal's reason. An abort later destroys the answer with that reason.
 */
export function openStream(
  { origin, socketPath, ca, path, headers }: StreamRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  signal.throwIfAborted()
  const { protocol, hostname, port } = new URL(origin)
  const send = protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = send({
      hostname: hostname.replace(/^\[|\]$/g, ''),
      port,
      path,
      headers,
      agent: false,
      ...(socketPath !== undefined && { socketPath }),
      ...(ca !== undefined && { ca }),
    })
    const onAbort = () => request.destroy(errorOf(signal.reason))
    signal.addEventListener('abort', onAbort, { once: true })
    request.once('close', () => signal.removeEventListener('abort', onAbort))
    request.on('error', (error) => reject(signal.aborted ? signal.reason : error))
    request.once('response', resolve)
    request.end()
  })
}

const errorOf = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)))
