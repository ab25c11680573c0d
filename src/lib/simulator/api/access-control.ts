import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.js'
import type { AccessConfig, TokenConfig, UserConfig } from './access-config.js'
import { AccessControlList, type PrivilegeMap } from './acl.js'
import { permissionError } from './api-error.js'
import type { Identity } from './call-context.js'
import type { Pools } from './pools.js'
import { PRIVILEGES } from './privileges.js'

export interface AccessOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Makes the secret of a token that was given none. */
  readonly newSecret: () => string
  readonly pools: Pools
  readonly config?: AccessConfig
}

const ROOT: UserConfig = { id: 'root@pam' }
const EVERYTHING: PrivilegeMap = new Map(PRIVILEGES.map((name) => [name, 1] as const))

/** Users, tokens, roles and the access control list: who somebody is and what they may do (PVE-FACTS 1.3, 5). */
export class AccessControl {
  readonly pools: Pools
  readonly #clock: Pick<Clock, 'now'>
  readonly #newSecret: () => string
  readonly #users = new Map<string, UserConfig>()
  readonly #tokens = new Map<string, TokenConfig & { readonly secret: string }>()
  readonly #acl: AccessControlList

  constructor(options: AccessOptions) {
    const { users = [], tokens = [], groups = {}, roles = {} } = options.config ?? {}
    this.pools = options.pools
    this.#clock = options.clock
    this.#acl = new AccessControlList(roles)
    for (const user of [ROOT, ...users]) this.#addUser(user)
    this.#newSecret = options.newSecret
    for (const token of tokens) this.addToken(token)
    for (const [group, grants] of Object.entries(groups))
      for (const grant of grants) this.#acl.grant('group', group, grant)
  }

  users(): readonly UserConfig[] {
    return [...this.#users.values()]
  }

  user(id: string): UserConfig | undefined {
    return this.#users.get(id)
  }

  /** Tokens of a user, or all. */
  tokens(user?: string): readonly (TokenConfig & { readonly secret: string })[] {
    return [...this.#tokens.values()].filter((token) => user === undefined || token.id.startsWith(`${user}!`))
  }

  /** Throws an Error when the id is none, or a role of its grants does not exist. */
  addToken(token: TokenConfig): void {
    const identity = tokenIdentity(token.id)
    if (identity?.token === undefined) throw new Error(`'${token.id}' is not a token id (USER@REALM!TOKEN)`)
    if (!this.#users.has(identity.user)) this.#addUser({ id: identity.user })
    this.#tokens.set(token.id, { ...token, secret: token.secret ?? this.#newSecret() })
    for (const grant of token.grants ?? []) this.#acl.grant('token', token.id, grant)
  }

  /** What is wrong with a token, in the words older versions put into the status line; undefined when it is good. */
  tokenProblem(id: string, secret: string): string | undefined {
    const identity = tokenIdentity(id)
    if (identity?.token === undefined) return 'no tokenid specified'
    const problem = this.userProblem(identity.user)
    if (problem !== undefined) return problem
    const token = this.#tokens.get(id)
    if (token === undefined) return `no such token '${identity.token}' for user '${identity.user}'`
    if (this.#isOver(token.expire)) return `token '${identity.token}' access expired`
    return sameText(secret, token.secret) ? undefined : 'invalid token value!'
  }

  userProblem(id: string): string | undefined {
    const user = this.#users.get(id)
    if (user === undefined) return `no such user ('${id}')`
    if (user.enabled === false) return `user '${id}' is disabled`
    return this.#isOver(user.expire) ? `user '${id}' access expired` : undefined
  }

  passwordMatches(id: string, password: string): boolean {
    const expected = this.#users.get(id)?.password
    return this.userProblem(id) === undefined && expected !== undefined && sameText(password, expected)
  }

  /** What an identity may do on a path. A token with separate privileges has what it and its user share. */
  privileges(identity: Identity, path: string): PrivilegeMap {
    if (identity.token === undefined) return this.#userPrivileges(identity.user, path)
    const token = this.#tokens.get(identity.id)
    if (token === undefined) return new Map()
    const user = this.#userPrivileges(identity.user, path)
    if (token.privsep === false) return user
    const own = this.#granted('token', identity.id, [], path)
    return new Map([...own].filter(([name]) => user.has(name)))
  }

  may(
    identity: Identity,
    path: string,
    privileges: readonly string[],
    options: { readonly any?: boolean } = {},
  ): boolean {
    const held = this.privileges(identity, path)
    return options.any ? privileges.some((name) => held.has(name)) : privileges.every((name) => held.has(name))
  }

  /** Throws a 403 that names what is missing: the first of all, or every alternative (PVE-FACTS 1.6). */
  check(
    identity: Identity,
    path: string,
    privileges: readonly string[],
    options: { readonly any?: boolean } = {},
  ): void {
    const held = this.privileges(identity, path)
    if (options.any) {
      if (!privileges.some((name) => held.has(name))) throw permissionError(`${path}, ${privileges.join('|')}`)
      return
    }
    const missing = privileges.find((name) => !held.has(name))
    if (missing !== undefined) throw permissionError(`${path}, ${missing}`)
  }

  /** Paths that some entry or pool speaks about. */
  knownPaths(): readonly string[] {
    return [...new Set([...this.#acl.paths(), ...this.pools.memberPaths()])]
  }

  /** What destroying a container does to rights and pools. */
  removeContainer(vmid: number): void {
    this.#acl.removePath(`/vms/${vmid}`)
    this.pools.removeContainer(vmid)
  }

  #userPrivileges(user: string, path: string): PrivilegeMap {
    if (user === 'root@pam') return EVERYTHING
    return this.#granted('user', user, this.#users.get(user)?.groups ?? [], path)
  }

  /** Roles of the list plus those that a pool hands on to its members. */
  #granted(kind: 'user' | 'token', subject: string, groups: readonly string[], path: string): PrivilegeMap {
    const roles = this.#acl.roles(kind, subject, groups, path)
    const pools = this.pools.ofPath(path)
    if (pools.length === 0 || roles.has('NoAccess')) return this.#acl.privileges(roles)
    const inherited = pools.flatMap((pool) => [...this.#acl.roles(kind, subject, groups, `/pool/${pool}`).keys()])
    return this.#acl.privileges(new Map([...roles, ...inherited.map((role) => [role, true] as const)]))
  }

  #addUser(user: UserConfig): void {
    this.#users.set(user.id, user)
    for (const grant of user.grants ?? []) this.#acl.grant('user', user.id, grant)
  }

  #isOver(expire: number | undefined): boolean {
    return expire !== undefined && expire !== 0 && expire * 1000 <= this.#clock.now()
  }
}

const TOKEN_ID = /^([^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+)!([A-Za-z][A-Za-z0-9.\-_]+)$/
const USER_ID = /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/

/** Reads `root@pam` or `root@pam!token` (PVE-FACTS 1.3); undefined when it is neither. */
export function tokenIdentity(id: string): Identity | undefined {
  const [, user, token] = TOKEN_ID.exec(id) ?? []
  if (user !== undefined && token !== undefined) return { id, user, token }
  return USER_ID.test(id) ? { id, user: id } : undefined
}

/** Compares without telling by its duration how much was right; only whether the length is, may show. */
function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
