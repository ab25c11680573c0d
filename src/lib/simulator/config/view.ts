import { die } from '../api/api-error.js'
import { configDigest } from './config-file.js'
import {
  type ContainerConfig,
  type LxcLine,
  type OptionValue,
  type SnapshotSection,
  withOptions,
} from './container-config.js'

export interface ConfigViewOptions {
  /** Leave the pending changes out. */
  readonly current?: boolean
  /** Show this snapshot instead; 500 when there is none of that name. */
  readonly snapshot?: string
  /** Callers without VM.Config.Options do not see `env`. */
  readonly hideEnvironment?: boolean
}

export type ConfigView = Readonly<Record<string, OptionValue | readonly LxcLine[]>>

/** What is in force in each configuration, which is immutable: pools look at it all the time. */
const currentViews = new WeakMap<ContainerConfig, ConfigView>()

/** The data of `GET config` (PVE-FACTS 3.5). */
export function configView(config: ContainerConfig, options: ConfigViewOptions = {}): ConfigView {
  if (options.current !== true || options.snapshot !== undefined || options.hideEnvironment === true) {
    return newView(config, options)
  }
  const known = currentViews.get(config) ?? Object.freeze(newView(config, options))
  currentViews.set(config, known)
  return known
}

function newView(config: ContainerConfig, options: ConfigViewOptions): ConfigView {
  const shown = options.snapshot === undefined ? config : snapshotSection(config, options.snapshot)
  const section = options.snapshot === undefined && options.current !== true ? withPending(config) : shown
  const visible = options.hideEnvironment === true ? withOptions(section, { env: undefined }) : section
  return {
    ...sectionView(visible),
    ...(visible.lxc.length === 0 ? {} : { lxc: visible.lxc }),
    digest: configDigest(config),
  }
}

export interface PendingEntry {
  readonly key: string
  readonly value?: OptionValue
  readonly pending?: OptionValue
  readonly delete?: 1 | 2
}

/** The data of `GET pending`: everything that is set, and what a start would change. */
export function pendingView(config: ContainerConfig): readonly PendingEntry[] {
  const { pending } = config
  const values: Readonly<Record<string, OptionValue>> = { ...sectionView(config), digest: configDigest(config) }
  const keys = new Set([...Object.keys(values), ...Object.keys(pending.set), ...Object.keys(pending.delete)])
  return [...keys].map((key) => {
    const value = values[key]
    const set = pending.set[key]
    const deleted = pending.delete[key]
    return {
      key,
      ...(value === undefined ? {} : { value }),
      ...(set === undefined ? {} : { pending: set }),
      ...(deleted === undefined ? {} : { delete: deleted }),
    }
  })
}

/** The data of `GET snapshot` (PVE-FACTS 3.8): `current` comes last. */
export function snapshotList(
  config: ContainerConfig,
  running: boolean,
): readonly Readonly<Record<string, OptionValue>>[] {
  const snapshots = Object.entries(config.snapshots).map(([name, { options, description = '' }]) => ({
    name,
    description,
    ...picked(options, 'snaptime', 'parent', 'snapstate'),
  }))
  const current = {
    name: 'current',
    description: 'You are here!',
    running: running ? 1 : 0,
    digest: configDigest(config),
    ...picked(config.options, 'parent'),
  }
  return [...snapshots, current]
}

/** The data of `GET snapshot/{name}/config`. 500 when there is none of that name. */
export function snapshotView(config: ContainerConfig, name: string): ConfigView {
  return sectionView(snapshotSection(config, name))
}

/** The section of a snapshot. 500 when there is none of that name. */
export function snapshotSection(config: ContainerConfig, name: string): SnapshotSection {
  const section = Object.hasOwn(config.snapshots, name) ? config.snapshots[name] : undefined
  return section ?? die(`snapshot '${name}' does not exist`)
}

function withPending(config: ContainerConfig): SnapshotSection {
  const { set, delete: deletions } = config.pending
  // Proxmox looks at the value to be deleted, not at whether there is one: a 0 stays visible.
  const deleted = Object.keys(deletions).filter((name) => Number(config.options[name]) !== 0)
  return withOptions(config, { ...set, ...Object.fromEntries(deleted.map((name) => [name, undefined])) })
}

function sectionView({ options, description }: SnapshotSection): Readonly<Record<string, OptionValue>> {
  return description === undefined ? options : { ...options, description }
}

function picked(options: SnapshotSection['options'], ...names: readonly string[]): Record<string, OptionValue> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)))
}
