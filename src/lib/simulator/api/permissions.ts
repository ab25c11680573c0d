import type { AccessControl } from './access-control.js'
import { permissionError } from './api-error.js'
import type { Identity } from './call-context.js'
import type { Permission, PermissionCheck } from './method.js'
import type { RawParameters } from './request-parameters.js'

/**
 * The check before a method runs, on parameters that nobody has validated yet (PVE-FACTS 1.4). `root@pam` itself, which
 * no token is, passes unseen. Throws the 403 ApiError.
 */
export function checkPermission(
  permission: Permission,
  parameters: RawParameters,
  access: AccessControl,
  identity: Identity,
): void {
  if ('user' in permission || 'description' in permission || identity.id === 'root@pam') return
  runCheck(permission, parameters, access, identity)
}

function runCheck(check: PermissionCheck, parameters: RawParameters, access: AccessControl, identity: Identity): void {
  if ('and' in check) {
    for (const part of check.and) runCheck(part, parameters, access, identity)
  } else if ('or' in check) {
    if (!check.or.some((part) => passes(part, parameters, access, identity))) throw permissionError()
  } else {
    access.check(identity, aclPath(check.path, parameters), check.privileges, check)
  }
}

function passes(check: PermissionCheck, parameters: RawParameters, access: AccessControl, identity: Identity): boolean {
  if ('and' in check) return check.and.every((part) => passes(part, parameters, access, identity))
  if ('or' in check) return check.or.some((part) => passes(part, parameters, access, identity))
  return access.may(identity, aclPath(check.path, parameters), check.privileges, check)
}

/** Fills the holes of `/vms/{vmid}`; a missing value becomes a dash. */
function aclPath(template: string, parameters: RawParameters): string {
  return template.replace(/\{([\w-]+)\}/g, (_, name: string) => String(parameters[name] ?? '-'))
}
