import { die } from '../api/api-error.js'
import {
  type ContainerConfig,
  configLock,
  isTemplate,
  NO_PENDING,
  type Options,
  type OptionValue,
  type SnapshotSection,
  withDescription,
  withOptions,
} from './container-config.js'
import { checkLock } from './lock.js'
import { snapshotSection } from './view.js'
import { mountPoints, usesVolume, withUnusedVolume } from './volumes.js'

// The steps of PVE-FACTS 3.8 as pure functions. Every one throws 500 ApiErrors in Proxmox's words.

/** Lock `snapshot` and a section with snapstate `prepare`. `snaptime` in seconds; `hasFeature` is asked last. */
export function prepareSnapshot(
  config: ContainerConfig,
  snapshot: { readonly name: string; readonly description?: string; readonly snaptime: number },
  hasFeature: () => boolean,
): ContainerConfig {
  if (isTemplate(config)) die("you can't take a snapshot if it's a template")
  checkLock(config)
  const { name, snaptime } = snapshot
  if (Object.hasOwn(config.snapshots, name)) die(`snapshot name '${name}' already used`)
  if (!hasFeature()) die('snapshot feature is not available')
  const options = { ...keptOptions(config.options), snapstate: 'prepare', snaptime }
  const section = withDescription<SnapshotSection>({ options, lxc: config.lxc }, snapshot.description)
  const locked = withOptions(config, { lock: 'snapshot' })
  return { ...locked, snapshots: { ...orphaned(config, name), [name]: section } }
}

/** Ends a prepare: no lock, no snapstate, and the main section descends from the snapshot. */
export function commitSnapshot(config: ContainerConfig, name: string): ContainerConfig {
  if (configLock(config) !== 'snapshot') die('missing snapshot lock')
  const section = snapshotSection(config, name)
  if (section.options['snapstate'] !== 'prepare') die('wrong snapshot state')
  const committed = withOptions(section, { snapstate: undefined })
  const main = withOptions(config, { lock: undefined, parent: name })
  return { ...main, snapshots: { ...config.snapshots, [name]: committed } }
}

/**
 * Lock `snapshot-delete` and snapstate `delete`. With `cleanup` it is the end of a snapshot that failed: the lock
 * `snapshot` is there already and stays.
 */
export function prepareSnapshotDelete(
  config: ContainerConfig,
  name: string,
  options: { readonly cleanup?: boolean } = {},
): ContainerConfig {
  const section = snapshotSection(config, name)
  if (options.cleanup !== true) {
    checkLock(config)
    if (isTemplate(config)) die("you can't delete a snapshot if vm is a template")
  }
  const locked = options.cleanup === true ? config : withOptions(config, { lock: 'snapshot-delete' })
  const doomed = withOptions(section, { snapstate: 'delete' })
  return { ...locked, snapshots: { ...config.snapshots, [name]: doomed } }
}

/**
 * Without the section: its children and the main section get its parent; the lock is gone. Disks of the snapshot that
 * the main section has no more become unused ones.
 */
export function commitSnapshotDelete(config: ContainerConfig, name: string): ContainerConfig {
  const doomed = snapshotSection(config, name)
  const { parent } = doomed.options
  const handedOn = <Section extends SnapshotSection>(section: Section): Section =>
    section.options['parent'] === name ? withOptions(section, { parent }) : section
  const survivors = Object.entries(config.snapshots).filter(([other]) => other !== name)
  const main = withOptions(handedOn(config), { lock: undefined })
  return {
    ...main,
    options: volumesMissingFrom(main.options, doomed.options).reduce(withUnusedVolume, main.options),
    snapshots: Object.fromEntries(survivors.map(([other, section]) => [other, handedOn(section)])),
  }
}

/** The checks that come before the storages are asked: a template, a snapshot that is not there. */
export function checkRollback(config: ContainerConfig, name: string): void {
  if (isTemplate(config)) die("you can't rollback if vm is a template")
  snapshotSection(config, name)
}

/** Lock `rollback`, after the checks of snapstate and lock. */
export function prepareRollback(config: ContainerConfig, name: string): ContainerConfig {
  checkRollback(config, name)
  const section = snapshotSection(config, name)
  const snapstate = section.options['snapstate']
  if (snapstate !== undefined) die(`unable to rollback to incomplete snapshot (snapstate = ${snapstate})`)
  checkLock(config)
  return withOptions(config, { lock: 'rollback' })
}

/**
 * The snapshot's options with the current description and unused volumes, to which those come that the snapshot does not
 * know; pending changes are gone.
 */
export function commitRollback(config: ContainerConfig, name: string): ContainerConfig {
  if (configLock(config) !== 'rollback') die('got wrong lock')
  const section = snapshotSection(config, name)
  const current = volumesMissingFrom(section.options, config.options).reduce(withUnusedVolume, config.options)
  const unused = Object.entries(current).filter(([option]) => UNUSED.test(option))
  const options = { ...Object.fromEntries(unused), ...keptOptions(section.options), parent: name }
  return { ...config, options, lxc: section.lxc, pending: NO_PENDING }
}

/** Sets the description of a snapshot; none given changes nothing and checks nothing. */
export function updateSnapshot(
  config: ContainerConfig,
  name: string,
  description: string | undefined,
): ContainerConfig {
  if (description === undefined) return config
  checkLock(config)
  const section = withDescription(snapshotSection(config, name), description)
  return { ...config, snapshots: { ...config.snapshots, [name]: section } }
}

const UNUSED = /^unused\d+$/
const NOT_KEPT = /^(?:snapstate|snaptime|lock|unused\d+)$/

/** What goes from the main section into a snapshot, and back. */
function keptOptions(options: Options): Record<string, OptionValue> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !NOT_KEPT.test(name)))
}

/** A new snapshot whose name a section still has as its parent would close a circle: that section loses its parent. */
function orphaned(config: ContainerConfig, name: string): ContainerConfig['snapshots'] {
  const entries = Object.entries(config.snapshots).map(([other, section]) => [
    other,
    section.options['parent'] === name ? withOptions(section, { parent: undefined }) : section,
  ])
  return Object.fromEntries(entries)
}

/** Volumes of `others` that the options do not have. */
function volumesMissingFrom(options: Options, others: Options): readonly string[] {
  return mountPoints(others)
    .filter(({ type, volume }) => type === 'volume' && !usesVolume(options, volume))
    .map(({ volume }) => volume)
}
