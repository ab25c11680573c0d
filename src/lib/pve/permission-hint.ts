import type { WireParameters } from './encoding.js'

/** What a 403 says is missing. */
export interface MissingPermission {
  readonly path: string
  /** One of these is enough. */
  readonly privileges: readonly string[]
}

/** The smallest of Proxmox's own roles that has a privilege. */
const ROLES: readonly (readonly [RegExp, string])[] = [
  [/^(?:VM|Sys|Datastore|SDN|Pool)\.Audit$/, 'PVEAuditor'],
  [/^VM\.Clone$/, 'PVETemplateUser'],
  [/^VM\.(?:PowerMgmt|Console|Backup)$/, 'PVEVMUser'],
  [/^VM\./, 'PVEVMAdmin'],
  [/^Datastore\.AllocateSpace$/, 'PVEDatastoreUser'],
  [/^Datastore\./, 'PVEDatastoreAdmin'],
  [/^SDN\.Use$/, 'PVESDNUser'],
  [/^Pool\.Allocate$/, 'PVEPoolAdmin'],
]

export const roleWith = (privilege: string): string =>
  ROLES.find(([pattern]) => pattern.test(privilege))?.[1] ?? 'Administrator'

/** Reads `Permission check failed (/vms/101, VM.Audit|VM.Allocate)` (PVE-FACTS 1.6, 3.9). */
export function missingPermission(
  message: string,
  request: { method: string; path: string; parameters: WireParameters },
): MissingPermission | undefined {
  const named = /\((\/[^,)]*), ([A-Z]\w*(?:\.\w+)+(?:\|[A-Z]\w*(?:\.\w+)+)*)/.exec(message)
  if (named?.[1] !== undefined && named[2] !== undefined) return { path: named[1], privileges: named[2].split('|') }
  if (request.method === 'POST' && /^\/nodes\/[^/]+\/lxc$/.test(request.path) && /failed\s*$/.test(message)) {
    return { path: `/vms/${request.parameters['vmid'] ?? ''}`, privileges: ['VM.Allocate'] }
  }
  return undefined
}

/** The line to run on the node. `token` is `USER@REALM!ID`. */
export const aclLine = (missing: MissingPermission, token: string): string =>
  `pveum acl modify ${missing.path} --tokens '${token}' --roles ${roleWith(missing.privileges[0] ?? '')}`
