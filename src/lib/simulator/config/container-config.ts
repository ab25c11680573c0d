import { normaliseDescription } from './description.js'

/** A value of the configuration: integers and booleans are numbers, everything else is text. */
export type OptionValue = string | number
export type Options = Readonly<Record<string, OptionValue>>

/** One raw `lxc.*` line, in the order of the file. */
export type LxcLine = readonly [key: string, value: string]

/** The state of a container as a snapshot keeps it; `parent`, `snaptime` and `snapstate` stand among the options. */
export interface SnapshotSection {
  readonly options: Options
  /** As it reads back: every line ends with a newline. */
  readonly description?: string | undefined
  readonly lxc: readonly LxcLine[]
}

/** Changes that wait for the next start: deletions are 1, or 2 when forced (`!`). */
export interface PendingChanges {
  readonly set: Options
  readonly delete: Readonly<Record<string, 1 | 2>>
}

/** What `/etc/pve/lxc/<vmid>.conf` says (PVE-FACTS 4.1). Immutable: every change makes a new one. */
export interface ContainerConfig extends SnapshotSection {
  readonly pending: PendingChanges
  readonly snapshots: Readonly<Record<string, SnapshotSection>>
}

export const NO_PENDING: PendingChanges = { set: {}, delete: {} }

/** A configuration without snapshots and pending changes; `description` is what a caller sent. */
export function containerConfig(options: Options, description?: string): ContainerConfig {
  return withDescription({ options, lxc: [], pending: NO_PENDING, snapshots: {} }, description)
}

/** Whether the configuration says that the container is a template. */
export function isTemplate(config: SnapshotSection): boolean {
  return config.options['template'] === 1
}

/** The lock word, if any. */
export function configLock(config: SnapshotSection): string | undefined {
  const lock = config.options['lock']
  return lock === undefined ? undefined : String(lock)
}

/** The same configuration with some options replaced or, with undefined, taken out. */
export function withOptions<Section extends SnapshotSection>(
  section: Section,
  changes: Readonly<Record<string, OptionValue | undefined>>,
): Section {
  const options: Record<string, OptionValue> = { ...section.options }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) delete options[name]
    else options[name] = value
  }
  return { ...section, options }
}

/** The same section with another description, in the form in which it reads back; an empty one is none. */
export function withDescription<Section extends SnapshotSection>(section: Section, text: string | undefined): Section {
  return { ...section, description: text === undefined ? undefined : normaliseDescription(text) }
}
