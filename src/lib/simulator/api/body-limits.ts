import { Refusal } from './refusal.js'
import type { RequestHead } from './request.js'
import { mediaType } from './request-parameters.js'

const MAX_BODY_BYTES = 512 * 1024
const CONTENT_TYPES: ReadonlySet<string> = new Set(['application/x-www-form-urlencoded', 'application/json'])

/** Throws the refusal of a body that would not be read (PVE-FACTS 1.1). Looks at the announcement, not at the body. */
export function checkBody({ method, headers }: RequestHead): void {
  const length = Number(headers['content-length'] ?? 0)
  if (length === 0) return
  if (method !== 'PUT' && method !== 'POST') throw new Refusal(501, `Unexpected content for method '${method}'`)
  if (length > MAX_BODY_BYTES) throw new Refusal(501, 'for data too large')
  const type = mediaType(headers['content-type'])
  if (type !== undefined && !CONTENT_TYPES.has(type))
    throw new Refusal(506, `upload 'Content-Type '${headers['content-type']}' not implemented`)
}
