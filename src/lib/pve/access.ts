import type { Api } from './api.js'
import { flag, object, type Reader } from './reader.js'

/** ACL path -> privilege -> whether it also holds below that path. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, boolean>>>>

/** Privileges needed on a path: all of them or, with `any`, one. */
export interface PrivilegeNeed {
  readonly path: string
  readonly privileges: readonly string[]
  readonly any?: boolean
}

/** What the token may do (PVE-FACTS 5). */
export class Access {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** The permissions of the token: on one path, or on every path that Proxmox finds worth telling. */
  permissions(path?: string): Promise<Permissions> {
    return this.#api.get('/access/permissions', permissions, { query: { path } })
  }
}

/** The needs that are not met, each with the privileges that are missing. Pure. */
export function missingPrivileges(granted: Permissions, needs: readonly PrivilegeNeed[]): readonly PrivilegeNeed[] {
  const unmet: PrivilegeNeed[] = []
  for (const need of needs) {
    const held = privilegesOn(granted, need.path)
    const missing = need.privileges.filter((privilege) => !held.has(privilege))
    const met = need.any === true ? missing.length < need.privileges.length : missing.length === 0
    if (!met) unmet.push({ ...need, privileges: missing })
  }
  return unmet
}

/** A lower level replaces the upper one; from an upper one only what propagates holds below it (PVE-FACTS 5). */
function privilegesOn(granted: Permissions, path: string): ReadonlySet<string> {
  for (let level = normalise(path); ; level = parent(level)) {
    const entry = Object.hasOwn(granted, level) ? granted[level] : undefined
    if (entry !== undefined) {
      const names = Object.entries(entry).filter(([, propagates]) => propagates || level === normalise(path))
      return new Set(names.map(([name]) => name))
    }
    if (level === '/') return new Set()
  }
}

const normalise = (path: string): string =>
  `/${path
    .split('/')
    .filter((part) => part !== '')
    .join('/')}`
const parent = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/'

const permissions: Reader<Permissions> = object((fields) =>
  Object.fromEntries(fields.entries().map(([path, value]) => [path, privileges(value, `data.${path}`)])),
)

const privileges: Reader<Readonly<Record<string, boolean>>> = object((fields) =>
  Object.fromEntries(fields.entries().map(([name, value]) => [name, flag(value, name)])),
)
