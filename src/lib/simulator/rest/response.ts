import { promisify } from 'node:util'
import { constants, deflate, gzip } from 'node:zlib'
import type { ApiAnswer } from '../api/request.js'

export interface ResponseContext {
  readonly protocol: string
  readonly keepAlive: boolean
  /** The request's Accept-Encoding. */
  readonly acceptEncoding: string
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Bodies longer than this are compressed when the client takes it (PVE-FACTS 1.1). */
const COMPRESS_ABOVE = 1024
const QUICK = { level: constants.Z_BEST_SPEED }

/** The bytes of an answer: status line, Proxmox's set of headers, body. */
export async function responseBytes(answer: ApiAnswer, context: ResponseContext): Promise<Buffer> {
  const { body, encoding } = await compressed(answer.body, context.acceptEncoding)
  const date = new Date(context.now).toUTCString()
  const lines = [
    `${context.protocol} ${answer.status} ${answer.reason}`,
    'Cache-Control: max-age=0',
    ...connectionLines(answer, context.keepAlive),
    `Date: ${date}`,
    'Pragma: no-cache',
    'Server: pve-api-daemon/3.0',
    ...(encoding === undefined ? [] : [`Content-Encoding: ${encoding}`]),
    ...(body.length > 0 ? [`Content-Length: ${body.length}`] : []),
    ...Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`),
    `Expires: ${date}`,
  ]
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8'), body])
}

/** What pvedaemon answered says `close` already; pveproxy adds its own line to it when the client may go on (PVE-FACTS 9). */
function connectionLines(answer: ApiAnswer, keepAlive: boolean): readonly string[] {
  if (!keepAlive) return ['Connection: close']
  return answer.proxied ? ['Connection: close', 'Connection: Keep-Alive'] : ['Connection: Keep-Alive']
}

async function compressed(
  body: Buffer,
  accept: string,
): Promise<{ readonly body: Buffer; readonly encoding?: string }> {
  if (body.length <= COMPRESS_ABOVE) return { body }
  if (accept.includes('gzip')) return { body: await promisify(gzip)(body, QUICK), encoding: 'gzip' }
  if (accept.includes('deflate')) return { body: await promisify(deflate)(body, QUICK), encoding: 'deflate' }
  return { body }
}
