import type { ContainerConfig } from './container-config.js'

export interface ConfigViewOptions {
  /** Leave the pending changes out. */
  readonly current?: boolean
  /** Show this snapshot instead; 500 when there is none of that name. */
  readonly snapshot?: string
  /** Callers without VM.Config.Options do not see `env`. */
  readonly hideEnvironment?: boolean
}

export type ConfigView = Readonly<Record<string, string | number | readonly (readonly [string, string])[]>>

/** The data of `GET config` (PVE-FACTS 3.5). */
export function configView(_config: ContainerConfig, _options: ConfigViewOptions = {}): ConfigView {
  throw new Error('being built')
}

export interface PendingEntry {
  readonly key: string
  readonly value?: string | number
  readonly pending?: string | number
  readonly delete?: 1 | 2
}

/** The data of `GET pending`. */
export function pendingView(_config: ContainerConfig): readonly PendingEntry[] {
  throw new Error('being built')
}

/** The data of `GET snapshot` (PVE-FACTS 3.8): `current` comes last. */
export function snapshotList(
  _config: ContainerConfig,
  _running: boolean,
): readonly Readonly<Record<string, string | number>>[] {
  throw new Error('being built')
}

/** The data of `GET snapshot/{name}/config`. 500 when there is none of that name. */
export function snapshotView(_config: ContainerConfig, _name: string): ConfigView {
  throw new Error('being built')
}
