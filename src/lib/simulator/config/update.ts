import type { ParameterValue } from '../schema/schema.js'
import type { ContainerConfig } from './container-config.js'
import type { RandomIntegers } from './network.js'

export interface ConfigChanges {
  readonly set: Readonly<Record<string, ParameterValue>>
  readonly delete: readonly string[]
  readonly revert: readonly string[]
}

export interface UpdateContext {
  readonly vmid: number
  readonly running: boolean
  readonly random: RandomIntegers
  /** Throws unless the storage of a volume may hold containers; asked for every rootfs and mpN that is set. */
  checkStorage(storage: string): void
  /** The MTU of a bridge, if the engine knows it. */
  bridgeMtu?(bridge: string): number | undefined
}

/** A disk that must be allocated before the configuration is written; its option holds `storage:GiB` until then. */
export interface NewVolume {
  readonly option: string
  readonly storage: string
  readonly size: number
}

export interface UpdatePlan {
  /** What to write once the allocations are done (`fillVolumes`) and the removals were freed. */
  readonly config: ContainerConfig
  /** Options that took effect on the running container. */
  readonly live: readonly string[]
  readonly allocate: readonly NewVolume[]
  /** Volume ids that nothing refers to any more (a deleted unusedN). */
  readonly free: readonly string[]
  /** Lines that Proxmox prints to its log. */
  readonly warnings: readonly string[]
}

/** The changes that a PUT config asks for, from its validated parameters; 500 `no options specified` when there are none. Throws 400 for contradictions (PVE-FACTS 3.5). `node`, `vmid` and `digest` are left out. */
export function configChanges(_parameters: Readonly<Record<string, ParameterValue | undefined>>): ConfigChanges {
  throw new Error('being built')
}

/** 500 when a digest was sent and is not the one of the configuration. */
export function checkDigest(_config: ContainerConfig, _digest: string | undefined): void {
  throw new Error('being built')
}

/** 500 `CT is locked (x)`; words in `except` do not count. */
export function checkLock(_config: ContainerConfig, ..._except: readonly string[]): void {
  throw new Error('being built')
}

/** The next configuration, or an ApiError in Proxmox's words and order (PVE-FACTS 3.5). Lock and digest were checked before. */
export function planUpdate(_config: ContainerConfig, _changes: ConfigChanges, _context: UpdateContext): UpdatePlan {
  throw new Error('being built')
}

/** The configuration after allocation: each option of `volumes` names the volume that was made for it. */
export function fillVolumes(
  _config: ContainerConfig,
  _volumes: Readonly<Record<string, { readonly volid: string; readonly size: number }>>,
): ContainerConfig {
  throw new Error('being built')
}
