import { CmuxError, type ErrorCode, isCmuxError } from '../errors.js'
import type { WireParameters } from './encoding.js'
import { aclLine, missingPermission } from './permission-hint.js'
import { isRecord } from './reader.js'
import { LOCK_HINTS, NO_QUORUM, SERVER_TEXTS } from './server-texts.js'
import type { HttpAnswer } from './transport.js'
import type { TransportError, TransportFailure } from './transport-error.js'

/** What was asked, as far as a message may tell it. Never holds the token. */
export interface FailedRequest {
  readonly method: string
  /** Below /api2/json. */
  readonly path: string
  readonly parameters: WireParameters
  /** `USER@REALM!ID` */
  readonly token: string
  /** `host:port` */
  readonly host: string
}

/** The one place that turns an answer other than 2xx into an error (PVE-FACTS 1 to 3). Pure. */
export function classifyAnswer(answer: HttpAnswer, request: FailedRequest): CmuxError {
  const said = whatWasSaid(answer)
  const subject = subjectOf(request)
  if (answer.status === 401) return unauthorised(said.message, request)
  if (answer.status === 403) return forbidden(said.message, subject, request)
  if (isGatewayFailure(answer.status) || isForeign(answer)) return gatewayFailure(answer, subject, request)
  const known = classifyText([said.message, ...Object.values(said.errors)].join('\n'), vmidOf(request))
  const message = `${subject}${describeErrors(said)}`
  if (known !== undefined)
    return new CmuxError(known.code, message, known.hint === undefined ? {} : { hint: known.hint })
  if (answer.status === 400) return new CmuxError('invalid', message)
  if (answer.status >= 300 && answer.status < 400) {
    return new CmuxError('failed', `${request.host} redirects to ${answer.headers['location'] ?? 'somewhere else'}`, {
      hint: 'Put the final https:// address into PVE_API_URL.',
    })
  }
  if (answer.status === 404 || answer.status === 405) {
    return new CmuxError(
      'failed',
      `${request.host} answered ${answer.status} ${said.message} to ${request.method} ${request.path}`,
      {
        hint: 'Proxmox VE never answers that: is PVE_API_URL right, without a path, and no proxy in between?',
      },
    )
  }
  return new CmuxError('failed', message)
}

/** The part of the classifier that knows texts: for messages, and for the exit status of tasks. */
export function classifyText(
  text: string,
  vmid?: string,
): { readonly code: ErrorCode; readonly hint?: string } | undefined {
  for (const { pattern, code, hint } of SERVER_TEXTS) {
    const match = pattern.exec(text)
    if (match === null) continue
    const words = hint ?? (code === 'locked' ? LOCK_HINTS[match[1] ?? ''] : undefined)
    return { code, ...(words !== undefined && { hint: words.replaceAll('$vmid', vmid ?? 'VMID') }) }
  }
  return undefined
}

/** Whether a change was refused, or a task has ended, because the cluster has no quorum. */
export const isQuorumLoss = (error: unknown): error is CmuxError => isCmuxError(error) && NO_QUORUM.test(error.message)

const TRANSPORT_CODES: Readonly<Record<TransportFailure, ErrorCode>> = {
  unreachable: 'unavailable',
  lost: 'unavailable',
  silent: 'timeout',
  'too-large': 'failed',
  untrusted: 'untrusted',
}

/** The error for a request that got no answer at all. */
export function classifyTransportError(error: TransportError): CmuxError {
  const details = { cause: error, ...(error.hint !== undefined && { hint: error.hint }) }
  return new CmuxError(TRANSPORT_CODES[error.failure], error.message, details)
}

/** The error for an answer that is no Proxmox answer. */
export const nonsense = (request: FailedRequest, what: string): CmuxError =>
  new CmuxError('failed', `the answer to ${request.method} ${request.path} is not what Proxmox sends: ${what}`, {
    hint: `Is ${request.host} a Proxmox VE API, with no proxy in between that changes answers?`,
  })

/** Whether something between us and the node that does the work failed (PVE-FACTS 1.5), or a proxy in front of Proxmox. */
export const isGatewayFailure = (status: number): boolean =>
  (status >= 595 && status <= 599) || status === 502 || status === 503 || status === 504

/** The node that does the work was never reached (PVE-FACTS 1.5). */
const NOT_CONNECTED = 595

/** Whether the request may still be, or have been, carried out although such an answer came back (PVE-FACTS 9). */
export const mayHavePassed = (answer: HttpAnswer): boolean =>
  (isGatewayFailure(answer.status) && answer.status !== NOT_CONNECTED) || isForeign(answer)

/**
 * Whether a failure is told by somebody else, such as a proxy in front of Proxmox, who need not know what became of the request: Proxmox's own
 * answers have `data`, or no body at all (PVE-FACTS 1.1, 1.5, 1.6).
 */
function isForeign({ status, body }: HttpAnswer): boolean {
  if (status < 500 || body.trim() === '') return false
  const answer = parseJson(body)
  return !isRecord(answer) || !('data' in answer)
}

/** Whether the request can be sent again without a look, whatever it asks for. */
export const neverPassed = (status: number): boolean => status === NOT_CONNECTED

interface Said {
  readonly message: string
  readonly errors: Readonly<Record<string, string>>
}

/** The message: from JSON, else (older servers, answers without body) from the reason phrase (PVE-FACTS 1.6). */
function whatWasSaid(answer: HttpAnswer): Said {
  const body = parseJson(answer.body)
  const message = isRecord(body) && typeof body['message'] === 'string' ? body['message'] : answer.reason
  const errors: Record<string, string> = {}
  if (isRecord(body) && isRecord(body['errors'])) {
    for (const [name, text] of Object.entries(body['errors'])) errors[name] = String(text).trim()
  }
  return { message: message.trim() === '' ? `HTTP ${answer.status}` : message.trim(), errors }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function describeErrors(said: Said): string {
  const fields = Object.entries(said.errors).map(([name, text]) => `${name}: ${text.replaceAll(/\s*\n\s*/g, ', ')}`)
  return fields.length === 0 ? said.message : fields.join('; ')
}

/** `container 101 on node pve1: `, so that a message says what it is about. */
function subjectOf(request: FailedRequest): string {
  const [, node, vmid] = /^\/nodes\/([^/]+)(?:\/lxc\/(\d+))?/.exec(request.path) ?? []
  if (node === undefined) return ''
  return vmid === undefined
    ? `node ${decodeURIComponent(node)}: `
    : `container ${vmid} on node ${decodeURIComponent(node)}: `
}

const vmidOf = (request: FailedRequest): string | undefined => /\/lxc\/(\d+)/.exec(request.path)?.[1]

const NEW_TOKEN =
  'Make one on the node: pveum user token add USER@REALM NAME (it prints the secret once), then set PVE_API_TOKEN=USER@REALM!NAME=SECRET.'

/** Reason phrases of the authentication step; their bodies are empty (PVE-FACTS 1.3). */
const AUTHENTICATION: readonly (readonly [RegExp, string])[] = [
  [
    /^No ticket/,
    'The server saw no usable token: PVE_API_TOKEN must look like USER@REALM!NAME=SECRET, and no proxy may drop the Authorization header.',
  ],
  [/no such user/, `There is no such user. ${NEW_TOKEN}`],
  [/no such token|no tokenid/, `There is no such token. ${NEW_TOKEN}`],
  [/invalid token value/, `The secret is wrong. ${NEW_TOKEN}`],
  [/expired/, `The token has expired. ${NEW_TOKEN}`],
  [/is disabled/, 'The user is disabled: pveum user modify USER@REALM --enable 1.'],
]

function unauthorised(reason: string, request: FailedRequest): CmuxError {
  const hint = AUTHENTICATION.find(([pattern]) => pattern.test(reason))?.[1]
  return new CmuxError('unauthorised', `${request.host} refused the token ${request.token}: ${reason}`, {
    hint:
      hint ??
      `The user, the name of the token or its secret is wrong, or the token has expired (pveum user token list USER@REALM). ${NEW_TOKEN}`,
  })
}

function forbidden(message: string, subject: string, request: FailedRequest): CmuxError {
  const known = /does not exist/.test(message) ? classifyText(message) : undefined
  if (known !== undefined) return new CmuxError(known.code, `${subject}${message}`)
  if (/only allowed for root@pam/.test(message)) {
    return new CmuxError('forbidden', `${subject}${message}`, {
      hint: 'No API token may do that, not even one of root: do it on the node with `pct set`.',
    })
  }
  const missing = missingPermission(message, request)
  if (missing === undefined)
    return new CmuxError('forbidden', `${subject}${message}`, {
      hint: `See what the token ${request.token} may do: pveum user token permissions.`,
    })
  return new CmuxError(
    'forbidden',
    `${subject}the token ${request.token} lacks ${missing.privileges.join(' or ')} on ${missing.path}`,
    {
      hint: `On the node: ${aclLine(missing, request.token)} (a privilege-separated token can do no more than its user: give the role to the user too).`,
    },
  )
}

function gatewayFailure(answer: HttpAnswer, subject: string, request: FailedRequest): CmuxError {
  const reason = answer.reason.trim() === '' ? `HTTP ${answer.status}` : `${answer.reason} (${answer.status})`
  if (isForeign(answer)) {
    return new CmuxError(
      'unavailable',
      `${subject}${request.host} gave an answer that is not from Proxmox: ${reason}`,
      {
        hint: 'A proxy in front of Proxmox says that: see its log, and whether pveproxy answers it.',
      },
    )
  }
  return new CmuxError('unavailable', `${subject}${request.host} could not get an answer: ${reason}`, {
    hint:
      answer.status === 596
        ? 'The node is overloaded, down, or a container on it is stuck in its start: see `systemctl status pvedaemon` there.'
        : 'The node is down or its API does not run: see `systemctl status pveproxy pvedaemon` there.',
  })
}
