import type { Grant } from './access-config.js'
import { BUILT_IN_ROLES } from './privileges.js'

/** Privileges on one path, and whether each propagates to what lies below. */
export type PrivilegeMap = ReadonlyMap<string, 0 | 1>

export type SubjectKind = 'token' | 'user' | 'group'

interface AclEntry {
  readonly kind: SubjectKind
  readonly subject: string
  readonly role: string
  readonly propagate: boolean
}

/** The roles that somebody holds on a path; the value is whether they propagate. */
type RoleMap = ReadonlyMap<string, boolean>

/**
 * The access control list. It is walked from `/` down to the path; at each level an entry of the token beats one of the
 * user and that beats those of the groups, and a lower level replaces what the upper ones gave (PVE-FACTS 5).
 */
export class AccessControlList {
  readonly #entries = new Map<string, AclEntry[]>()
  readonly #roles: Map<string, readonly string[]>

  constructor(roles: Readonly<Record<string, readonly string[]>> = {}) {
    this.#roles = new Map(Object.entries({ ...BUILT_IN_ROLES, ...roles }))
  }

  /** Every path that has an entry. */
  paths(): Iterable<string> {
    return this.#entries.keys()
  }

  grant(kind: SubjectKind, subject: string, grant: Grant): void {
    const path = normalised(grant.path)
    const entries = this.#entries.get(path) ?? []
    const role = grant.role ?? this.#roleOf(grant.privileges ?? [])
    if (!this.#roles.has(role)) throw new Error(`role '${role}' does not exist`)
    entries.push({ kind, subject, role, propagate: grant.propagate ?? true })
    this.#entries.set(path, entries)
  }

  /** Forgets what was said about a path: its container is gone. */
  removePath(path: string): void {
    this.#entries.delete(normalised(path))
  }

  /** The roles of a token or user on a path. `groups` are the user's; a token has none. */
  roles(kind: 'token' | 'user', subject: string, groups: readonly string[], path: string): RoleMap {
    let roles: RoleMap = new Map()
    for (const level of levels(path)) {
      const entries = this.#entries.get(level)
      if (entries === undefined) continue
      const applies = entries.filter((entry) => entry.propagate || level === path)
      const own = applies.filter((entry) => entry.kind === kind && entry.subject === subject)
      const found =
        own.length > 0 ? own : applies.filter((entry) => entry.kind === 'group' && groups.includes(entry.subject))
      if (found.length > 0) roles = new Map(found.map((entry) => [entry.role, entry.propagate]))
    }
    return roles
  }

  /** The privileges that roles add up to; NoAccess takes everything away. */
  privileges(roles: RoleMap): PrivilegeMap {
    const privileges = new Map<string, 0 | 1>()
    if (roles.has('NoAccess')) return privileges
    for (const [role, propagate] of roles)
      for (const name of this.#roles.get(role) ?? [])
        if (propagate || !privileges.has(name)) privileges.set(name, propagate ? 1 : 0)
    return privileges
  }

  /** A role of exactly these privileges. */
  #roleOf(privileges: readonly string[]): string {
    const role = [...privileges].sort().join('+')
    this.#roles.set(role, privileges)
    return role
  }
}

/** `/`, `/vms`, `/vms/101` for `/vms/101`. */
function levels(path: string): readonly string[] {
  const levels = ['/']
  for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) levels.push(path.slice(0, end))
  if (path !== '/') levels.push(path)
  return levels
}

function normalised(path: string): string {
  return `/${path.split('/').filter(Boolean).join('/')}`
}
