import { type AccessControl, tokenIdentity } from './access-control.js'
import { ApiError } from './api-error.js'
import type { CallContext, Identity } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { list, requiredText, text } from './parameters.js'
import { BUILT_IN_ROLES } from './privileges.js'
import type { Tickets } from './ticket.js'

const USER_ID = { type: 'string', format: 'pve-userid', maxLength: 64 } as const
const TOKEN_NAME = { type: 'string', pattern: '[A-Za-z][A-Za-z0-9.\\-_]+' } as const
const USER_OR_TOKEN = {
  type: 'string',
  pattern: `[^\\s:/]+@[A-Za-z][A-Za-z0-9.\\-_]+(?:!${TOKEN_NAME.pattern})?`,
} as const
const TOP_PATHS = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms']

/** What a caller may do, users and tokens to read, and the login (PVE-FACTS 1.3, 5). */
export function accessMethods(tickets: Tickets): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: '/access/permissions',
      permissions: { user: 'all' },
      parameters: { userid: { ...USER_OR_TOKEN, optional: true }, path: { type: 'string', optional: true } },
      handler: permissions,
    },
    {
      method: 'POST',
      path: '/access/ticket',
      refusesTokens: true,
      permissions: { user: 'world' },
      parameters: {
        username: { type: 'string', maxLength: 64 },
        password: { type: 'string' },
        realm: { type: 'string', optional: true, maxLength: 32 },
        otp: { type: 'string', optional: true },
        path: { type: 'string', optional: true, maxLength: 64, requires: 'privs' },
        privs: { type: 'string', optional: true, maxLength: 64, requires: 'path' },
        'tfa-challenge': { type: 'string', optional: true },
        'new-format': { type: 'boolean', optional: true },
      },
      handler: (parameters, context) => login(parameters, context, tickets),
    },
    {
      method: 'POST',
      path: '/access/vncticket',
      permissions: { user: 'world' },
      parameters: {
        authid: { type: 'string', maxLength: 64 },
        vncticket: { type: 'string' },
        path: { type: 'string', maxLength: 64 },
        privs: { type: 'string', maxLength: 64 },
      },
      // Consoles are not simulated: no ticket of theirs is a good one.
      handler: () => {
        throw new ApiError(401, 'authentication failure')
      },
    },
    { method: 'GET', path: '/access/ticket', permissions: { user: 'world' }, parameters: {}, handler: () => null },
    {
      method: 'GET',
      path: '/access/domains',
      permissions: { user: 'world' },
      parameters: {},
      handler: () => [
        { realm: 'pam', type: 'pam', comment: 'Linux PAM standard authentication' },
        { realm: 'pve', type: 'pve', comment: 'Proxmox VE authentication server' },
      ],
    },
    {
      method: 'GET',
      path: '/access/roles',
      permissions: { user: 'all' },
      parameters: {},
      handler: () =>
        Object.entries(BUILT_IN_ROLES).map(([roleid, privs]) => ({ roleid, privs: privs.join(','), special: 1 })),
    },
    {
      method: 'GET',
      path: '/access/users',
      permissions: { user: 'all' },
      parameters: {},
      handler: (_, { cluster, identity, may }) =>
        cluster.access
          .users()
          .filter(
            (user) => user.id === identity.user || may('/access/groups', ['User.Modify', 'Sys.Audit'], { any: true }),
          )
          .map((user) => ({ userid: user.id, ...userFields(user) })),
    },
    {
      method: 'GET',
      path: '/access/users/{userid}/token',
      permissions: { description: 'checked by the method itself' },
      parameters: { userid: USER_ID },
      handler: (parameters, context) => {
        const user = visibleUser(requiredText(parameters, 'userid'), context)
        return context.cluster.access
          .tokens(user)
          .map((token) => ({ tokenid: token.id.split('!')[1], ...tokenFields(token) }))
      },
    },
    {
      method: 'GET',
      path: '/access/users/{userid}/token/{tokenid}',
      permissions: { description: 'checked by the method itself' },
      parameters: { userid: USER_ID, tokenid: TOKEN_NAME },
      handler: (parameters, context) => {
        const user = visibleUser(requiredText(parameters, 'userid'), context)
        const name = requiredText(parameters, 'tokenid')
        const token = context.cluster.access.tokens(user).find(({ id }) => id === `${user}!${name}`)
        if (token === undefined) throw new ApiError(500, `no such token '${name}' for user '${user}'`)
        return tokenFields(token)
      },
    },
  ]
}

/** Map of path to privileges; without `path` only those where there is any. */
function permissions(parameters: Parameters, { cluster: { access }, identity, check }: CallContext) {
  const subject = permissionSubject(text(parameters, 'userid'), identity, check)
  const asked = text(parameters, 'path')
  const privilegesOf = (path: string) => Object.fromEntries(access.privileges(subject, path))
  if (asked !== undefined) return { [asked]: privilegesOf(asked) }
  const paths = [...new Set([...TOP_PATHS, ...access.knownPaths()])]
  const all = paths.map((path) => [path, privilegesOf(path)] as const)
  return Object.fromEntries(all.filter(([, privileges]) => Object.keys(privileges).length > 0))
}

/** Others may be asked about with Sys.Audit on /access; a user may ask about their own tokens. */
function permissionSubject(userid: string | undefined, caller: Identity, check: CallContext['check']): Identity {
  if (userid === undefined || userid === caller.id) return caller
  const subject = tokenIdentity(userid) ?? { id: userid, user: userid }
  if (caller.token !== undefined || subject.user !== caller.user) check('/access', ['Sys.Audit'])
  return subject
}

/** With `path` and `privs` it only says whether the user holds them there. A good ticket does for a password: that renews it. */
function login(parameters: Parameters, { cluster }: CallContext, tickets: Tickets) {
  const name = requiredText(parameters, 'username')
  const user = name.includes('@') ? name : `${name}@${text(parameters, 'realm') ?? 'pam'}`
  const password = requiredText(parameters, 'password')
  const { access } = cluster
  const identity = { id: user, user }
  const renews = tickets.verify(password) === user && access.userProblem(user) === undefined
  if (!renews && !access.passwordMatches(user, password)) throw loginFailure()
  const path = text(parameters, 'path')
  if (path !== undefined) {
    if (!access.may(identity, path, list(parameters, 'privs') ?? [])) throw loginFailure()
    return { username: user }
  }
  return {
    username: user,
    ticket: tickets.ticket(user),
    CSRFPreventionToken: tickets.csrfToken(user),
    cap: capabilities(access, identity),
    ...(cluster.nodes.size > 1 && { clustername: 'simulated' }),
  }
}

const loginFailure = () => new ApiError(401, 'authentication failure')

/** What the web interface shows or hides: privileges by area. */
function capabilities(access: AccessControl, identity: Identity) {
  const areas = {
    vms: '/vms',
    storage: '/storage',
    access: '/access',
    nodes: '/nodes',
    dc: '/',
    sdn: '/sdn',
    mapping: '/mapping',
  }
  return Object.fromEntries(
    Object.entries(areas).map(([area, path]) => [area, Object.fromEntries(access.privileges(identity, path))]),
  )
}

function visibleUser(userid: string, { cluster, identity, check }: CallContext): string {
  if (userid !== identity.user) check('/access/groups', ['User.Modify'])
  if (cluster.access.user(userid) === undefined) throw new ApiError(500, `no such user ('${userid}')`)
  return userid
}

const userFields = ({
  enabled,
  expire,
  groups,
}: {
  enabled?: boolean
  expire?: number
  groups?: readonly string[]
}) => ({
  enable: enabled === false ? 0 : 1,
  expire: expire ?? 0,
  ...(groups && { groups: groups.join(',') }),
})

const tokenFields = ({ privsep, expire }: { privsep?: boolean; expire?: number }) => ({
  privsep: privsep === false ? 0 : 1,
  expire: expire ?? 0,
})
