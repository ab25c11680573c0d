import type { PermissionQuestion } from '../config/permissions.js'
import { requiredPermissions } from '../config/permissions.js'
import { permissionError } from './api-error.js'
import type { CallContext } from './call-context.js'

/** The pool through which a caller may have rights on a container that is not there yet. */
export interface ChangeOptions extends Omit<PermissionQuestion, 'isRootPam'> {
  readonly pool?: string
}

/** 403 unless the caller may set and delete these options (PVE-FACTS 3.9). */
export function checkChanges(
  context: CallContext,
  changes: { readonly set: Readonly<Record<string, unknown>>; readonly delete: readonly string[] },
  { pool, ...question }: ChangeOptions,
): void {
  const isRootPam = context.identity.id === 'root@pam'
  for (const need of requiredPermissions(changes, { ...question, isRootPam })) {
    if ('forbidden' in need) throw permissionError(need.forbidden)
    const { path, privileges, any = false } = need
    const throughPool = pool !== undefined && path === `/vms/${question.vmid}`
    if (throughPool && context.may(`/pool/${pool}`, privileges, { any })) continue
    context.check(path, privileges, { any })
  }
}

/** 403 `pool 'x' does not exist` (PVE-FACTS 1.6). */
export function checkPool(context: CallContext, pool: string | undefined): void {
  if (pool !== undefined && !context.cluster.pools.has(pool)) throw permissionError(`pool '${pool}' does not exist`)
}

/** Tells whether a volume id names a disk of this container. 500 when it names no disk at all (PVE-FACTS 3.2). */
export function volumeOwner({ cluster }: CallContext, vmid: number): (volid: string) => boolean {
  return (volid) => cluster.storages.containerVolume(volid).vmid === vmid
}
