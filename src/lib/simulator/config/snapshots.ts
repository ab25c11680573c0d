import type { ContainerConfig } from './container-config.js'

/** The steps of PVE-FACTS 3.8 as pure functions. Every one throws a 500 ApiError in Proxmox's words. */

/** Lock `snapshot` and a section with snapstate `prepare`. `snaptime` in seconds. `hasFeature` is asked last. */
export function prepareSnapshot(
  _config: ContainerConfig,
  _snapshot: { readonly name: string; readonly description?: string; readonly snaptime: number },
  _hasFeature: () => boolean,
): ContainerConfig {
  throw new Error('being built')
}

/** Ends a prepare: no lock, no snapstate, and the main section descends from the snapshot. */
export function commitSnapshot(_config: ContainerConfig, _name: string): ContainerConfig {
  throw new Error('being built')
}

/** Lock `snapshot-delete` and snapstate `delete`. `force` as in the API. */
export function prepareSnapshotDelete(
  _config: ContainerConfig,
  _name: string,
  _options?: { readonly cleanup?: boolean },
): ContainerConfig {
  throw new Error('being built')
}

/** Without the section: its children and the main section get its parent; the lock is gone. */
export function commitSnapshotDelete(_config: ContainerConfig, _name: string): ContainerConfig {
  throw new Error('being built')
}

/** The checks before a rollback touches anything: template, existence. */
export function checkRollback(_config: ContainerConfig, _name: string): void {
  throw new Error('being built')
}

/** Lock `rollback`, after the checks of snapstate and lock. */
export function prepareRollback(_config: ContainerConfig, _name: string): ContainerConfig {
  throw new Error('being built')
}

/** The snapshot's options with the current description; volumes that the snapshot does not know become unused. */
export function commitRollback(_config: ContainerConfig, _name: string): ContainerConfig {
  throw new Error('being built')
}

/** Sets the description of a snapshot; none given changes nothing. */
export function updateSnapshot(
  _config: ContainerConfig,
  _name: string,
  _description: string | undefined,
): ContainerConfig {
  throw new Error('being built')
}
