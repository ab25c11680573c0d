import type { ObjectSchema, Parameters } from '../schema/schema.js'
import type { CallContext } from './call-context.js'

export type { Parameters }

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * Who may call a method, in the shape of Proxmox's own `permissions` declarations: `all` is any user, `world` needs no
 * credentials at all, and a check names an ACL path (with `{vmid}`-like holes) and the privileges of which all, or one, are needed.
 */
export type Permission =
  | { readonly user: 'all' | 'world' }
  | PermissionCheck
  | { readonly description: 'checked by the method itself' }

export type PermissionCheck =
  | { readonly path: string; readonly privileges: readonly string[]; readonly any?: boolean }
  | { readonly and: readonly PermissionCheck[] }
  | { readonly or: readonly PermissionCheck[] }

/** One method of the REST API. The command line tools of the node (`pct`, `pvesh`) call the same methods. */
export interface ApiMethod {
  readonly method: HttpMethod
  /** `/nodes/{node}/lxc/{vmid}/config` */
  readonly path: string
  /** Runs in pvedaemon, which has three workers a node, and not in pveproxy. */
  readonly protected?: boolean
  /** Runs on the node named in the path. */
  readonly onNode?: boolean
  /** Cannot be called with an API token. */
  readonly refusesTokens?: boolean
  readonly permissions: Permission
  readonly parameters: ObjectSchema
  readonly handler: (parameters: Parameters, context: CallContext) => unknown
}
