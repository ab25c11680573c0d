import type { IncomingMessage } from 'node:http'

/** Makes an id that no other request has. */
export type RequestIds = () => string

/** A caller may bring an id of its own, so that its log and ours can be laid side by side; one that is no plain word is replaced. */
export const requestIdOf =
  (newRequestId: RequestIds) =>
  (request: Pick<IncomingMessage, 'headers'>): string => {
    const given = request.headers['x-request-id']
    return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : newRequestId()
  }
