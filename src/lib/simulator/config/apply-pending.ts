import { type ContainerConfig, type OptionValue, type PendingChanges, withDescription } from './container-config.js'
import { normaliseNetwork, type RandomIntegers } from './network.js'
import { type NewVolume, newVolume } from './new-volume.js'
import {
  isVolumeInUse,
  parseMountPoint,
  printedMountPoint,
  usesVolume,
  withUnusedVolume,
  withVolume,
} from './volumes.js'

export interface PendingContext {
  readonly random: RandomIntegers
  /** Bytes of a volume that exists, for a mount point that does not say its size. */
  volumeSize?(volid: string): number | undefined
}

/** A configuration with changes applied, and what that means for the storages and the running container. */
export interface AppliedChanges {
  readonly config: ContainerConfig
  readonly live: readonly string[]
  readonly allocate: readonly NewVolume[]
  readonly free: readonly string[]
}

/** Whether anything waits for the next start. */
export function hasPending({ pending }: ContainerConfig): boolean {
  return Object.keys(pending.set).length > 0 || Object.keys(pending.delete).length > 0
}

/**
 * What a start, or a change of a stopped container, makes of the pending changes (PVE-FACTS 3.5). `selected` limits it
 * to some options.
 */
export function applyPending(
  config: ContainerConfig,
  context: PendingContext,
  selected: (option: string) => boolean = () => true,
): AppliedChanges {
  let applied: AppliedChanges = { config: tidyPending(config), live: [], allocate: [], free: [] }
  for (const option of Object.keys(applied.config.pending.delete).sort()) {
    if (selected(option)) applied = deleteOption(applied, option)
  }
  applied = { ...applied, config: tidyPending(applied.config) }
  for (const option of Object.keys(applied.config.pending.set).sort()) {
    if (selected(option)) applied = setOption(applied, option, context)
  }
  return applied
}

/** Without pending changes that would change nothing. */
export function tidyPending(config: ContainerConfig): ContainerConfig {
  const { pending } = config
  const set = Object.entries(pending.set).filter(([option, value]) => currentValue(config, option) !== value)
  const deletions = Object.entries(pending.delete).filter(([option]) => currentValue(config, option) !== undefined)
  return { ...config, pending: { set: Object.fromEntries(set), delete: Object.fromEntries(deletions) } }
}

/** One pending deletion carried out: a mount point becomes an unused volume, an unused volume is freed. */
export function deleteOption(applied: AppliedChanges, option: string): AppliedChanges {
  const { config } = applied
  const value = String(config.options[option] ?? '')
  const { [option]: _deleted, ...options } = config.options
  const pending = pendingWithout(config.pending, option)
  const next = option === 'description' ? withDescription(config, undefined) : { ...config, options }
  if (/^mp\d+$/.test(option) && value !== '') {
    const { type, volume } = parseMountPoint(option, value)
    const keepsVolume = type === 'volume' && !usesVolume(options, volume)
    return {
      ...applied,
      config: { ...next, pending, options: keepsVolume ? withUnusedVolume(options, volume) : options },
    }
  }
  const freed = /^unused\d+$/.test(option) && value !== '' && !isVolumeInUse({ ...next, pending }, value) ? [value] : []
  return { ...applied, config: { ...next, pending }, free: [...applied.free, ...freed] }
}

/** One pending value carried out. */
export function setOption(applied: AppliedChanges, option: string, context: PendingContext): AppliedChanges {
  const { config } = applied
  const value = config.pending.set[option] ?? ''
  const pending = pendingWithout(config.pending, option)
  if (option === 'description') return { ...applied, config: { ...withDescription(config, String(value)), pending } }
  if (/^mp\d+$/.test(option))
    return setMountPoint({ ...applied, config: { ...config, pending } }, option, value, context)
  const stored = /^net\d+$/.test(option) ? normaliseNetwork(String(value), context.random) : value
  return { ...applied, config: { ...config, pending, options: { ...config.options, [option]: stored } } }
}

function setMountPoint(
  applied: AppliedChanges,
  option: string,
  value: OptionValue,
  context: PendingContext,
): AppliedChanges {
  const line = String(value)
  const { config } = applied
  const replaced = config.options[option]
  const asked = newVolume(option, line)
  const options = {
    ...config.options,
    [option]: asked === undefined ? existingMountPoint(option, line, context) : line,
  }
  const { type, volume } = replaced === undefined ? NOTHING : parseMountPoint(option, String(replaced))
  const isLeftOver = type === 'volume' && !usesVolume(options, volume)
  return {
    ...applied,
    config: { ...config, options: isLeftOver ? withUnusedVolume(options, volume) : options },
    allocate: asked === undefined ? applied.allocate : [...applied.allocate, asked],
  }
}

const NOTHING = { type: undefined, volume: '' }

function existingMountPoint(option: string, line: string, context: PendingContext): string {
  const { type, volume } = parseMountPoint(option, line)
  const known = type === 'volume' ? context.volumeSize?.(volume) : undefined
  return known === undefined ? printedMountPoint(option, line) : withVolume(option, line, volume, known)
}

function pendingWithout(pending: PendingChanges, option: string): PendingChanges {
  const { [option]: _set, ...set } = pending.set
  const { [option]: _deleted, ...deletions } = pending.delete
  return { set, delete: deletions }
}

function currentValue(config: ContainerConfig, option: string): OptionValue | undefined {
  return option === 'description' ? config.description : config.options[option]
}
