import { type AccessControl, tokenIdentity } from './access-control.js'
import { percentDecoded } from './api-url.js'
import type { Identity } from './call-context.js'
import { Refusal } from './refusal.js'
import type { Tickets } from './ticket.js'

export interface Credentials {
  readonly access: AccessControl
  readonly tickets: Tickets
  /** Servers before pve-manager 9.1.5 name the cause in the status line. */
  readonly hidesCause: boolean
}

export interface Caller {
  readonly identity: Identity
  /** An API token came along, whether it was looked at or not: some methods refuse it. */
  readonly sentToken: boolean
}

const NOBODY: Identity = { id: '', user: '' }
const WITHOUT_LOGIN = new Set([
  'GET /access/domains',
  'GET /access/ticket',
  'POST /access/ticket',
  'POST /access/vncticket',
])

/** Who calls (PVE-FACTS 1.3). Throws the 401 refusals, whose body is empty. */
export function authenticate(
  request: { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>> },
  credentials: Credentials,
): Caller {
  const { method, path, headers } = request
  const ticket = authorizationValue(headers['cookie'], TICKET) ?? authorizationValue(headers['authorization'], TICKET)
  const token = ticket === undefined ? authorizationValue(headers['authorization'], TOKEN) : undefined
  if (WITHOUT_LOGIN.has(`${method} ${path}`)) return { identity: NOBODY, sentToken: token !== undefined }
  if (token !== undefined) return { identity: tokenCaller(token, credentials), sentToken: true }
  if (ticket === undefined) throw new Refusal(401, 'No ticket', { silent: true })
  const identity = ticketCaller(ticket, credentials)
  if (method !== 'GET' && !credentials.tickets.csrfTokenIsGood(headers['csrfpreventiontoken'] ?? '', identity.user))
    throw new Refusal(401, 'Permission denied - invalid csrf token', { silent: true })
  return { identity, sentToken: false }
}

const TICKET = /(?:^|\s)PVEAuthCookie[= ]([^;]*)/
const TOKEN = /(?:^|\s)PVEAPIToken[= ]([^;]*)/

/** `NAME=value` or `NAME value`, up to a semicolon. */
function authorizationValue(header: string | undefined, pattern: RegExp): string | undefined {
  const value = header === undefined ? undefined : pattern.exec(header)?.[1]
  return value ? percentDecoded(value) : undefined
}

function tokenCaller(text: string, credentials: Credentials): Identity {
  const split = text.lastIndexOf('=')
  const id = text.slice(0, Math.max(split, 0))
  const identity = tokenIdentity(id)
  if (split === -1 || identity?.token === undefined) throw unauthorised('no tokenid specified', credentials)
  const problem = credentials.access.tokenProblem(id, text.slice(split + 1))
  if (problem !== undefined) throw unauthorised(problem, credentials)
  return identity
}

function ticketCaller(ticket: string, credentials: Credentials): Identity {
  const user = credentials.tickets.verify(ticket)
  if (user === undefined) throw unauthorised('permission denied - invalid PVE ticket', credentials)
  const problem = credentials.access.userProblem(user)
  if (problem !== undefined) throw unauthorised(problem, credentials)
  return { id: user, user }
}

function unauthorised(cause: string, { hidesCause }: Credentials): Refusal {
  return new Refusal(401, hidesCause ? 'Authentication failed!' : cause, { silent: true })
}
