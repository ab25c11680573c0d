import { type ApiError, die, parameterError } from '../api/api-error.js'
import { splitList } from '../schema/formats.js'
import type { ParameterValue } from '../schema/schema.js'
import { applyPending, type PendingContext } from './apply-pending.js'
import type { ContainerConfig, OptionValue } from './container-config.js'
import { hotplugPending } from './hotplug-pending.js'
import { parseNetwork } from './network.js'
import type { NewVolume } from './new-volume.js'
import { isOption } from './options.js'
import { normaliseTags } from './tags.js'
import { parseMountPoint } from './volumes.js'

// A PUT config goes through these functions in this order, all but the first under the container's file lock (PVE-FACTS 3.5):
// configChanges, then the configuration is loaded, checkLock, checkDigest, checkContradictions, requiredPermissions, planUpdate.

export interface ConfigChanges {
  readonly set: Readonly<Record<string, ParameterValue>>
  readonly delete: readonly string[]
  readonly revert: readonly string[]
}

export interface UpdateContext extends PendingContext {
  readonly vmid: number
  readonly running: boolean
  /** Throws unless the storage of a volume (or `storage:GiB`) may hold containers; asked for every rootfs and mpN that is set. */
  checkStorage(volume: string): void
  /** The MTU of a bridge. 500 `bridge 'x' does not exist`. */
  bridgeMtu(bridge: string): number
}

export interface UpdatePlan {
  /** What to write once the disks were allocated (`fillVolumes`) and the others freed. */
  readonly config: ContainerConfig
  /** Options that took effect on the running container, deleted ones too. */
  readonly live: readonly string[]
  readonly allocate: readonly NewVolume[]
  /** Volume ids that nothing refers to any more: those of a deleted unusedN. */
  readonly free: readonly string[]
  /** Lines that Proxmox prints to its log. */
  readonly warnings: readonly string[]
}

/** What a PUT config asks for, from its validated parameters without node, vmid and digest. 500 `no options specified` when there is nothing. */
export function configChanges(parameters: Readonly<Record<string, ParameterValue | undefined>>): ConfigChanges {
  const { node: _node, vmid: _vmid, digest: _digest, ...rest } = parameters
  const given = Object.entries(rest).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
  if (given.length === 0) die('no options specified')
  const { delete: deletions = '', revert = '', ...set } = Object.fromEntries(given)
  return { set, delete: splitList(String(deletions)), revert: splitList(String(revert)) }
}

/** 400 for unknown options and for options that are to be changed in two ways at once. */
export function checkContradictions(changes: ConfigChanges): void {
  for (const option of changes.revert) {
    if (!isOption(option)) throw parameterError({ revert: `unknown option '${option}'` })
    if (changes.set[option] !== undefined) {
      throw parameterError({ revert: `you can't use '-${option}' and '-revert ${option}' at the same time` })
    }
  }
  for (const option of changes.delete) {
    if (!isOption(option)) throw parameterError({ delete: `unknown option '${option}'` })
    if (changes.set[option] !== undefined) {
      throw parameterError({ delete: `you can't use '-${option}' and -delete ${option}' at the same time` })
    }
    if (changes.revert.includes(option)) {
      throw parameterError({ delete: `you can't use '-delete ${option}' and '-revert ${option}' at the same time` })
    }
  }
}

/** The next configuration, or a 500 ApiError in Proxmox's words and order (PVE-FACTS 3.5). */
export function planUpdate(config: ContainerConfig, changes: ConfigChanges, context: UpdateContext): UpdatePlan {
  const reverted = withoutPending(config, changes.revert)
  const { requested, warnings } = requestDeletions(reverted, changes.delete, context)
  const staged = stageValues(requested, changes.set, context)
  const modified = new Set([...changes.delete, ...Object.keys(changes.set)])
  const applied = context.running
    ? hotplugPending(staged, context, modified)
    : applyPending(staged, context, (option) => modified.has(option))
  return { ...applied, warnings }
}

/** What a change ends with when a disk could not be allocated or freed: 400 on that option, and nothing is written. */
export function changeFailed(option: string, message: string, running: boolean): ApiError {
  const text = running ? `unable to hotplug ${option}: ` : `unable to apply pending change ${option} : `
  return parameterError({ [option]: text + message })
}

function withoutPending(config: ContainerConfig, options: readonly string[]): ContainerConfig {
  if (options.length === 0) return config
  const kept = <Value>(entries: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
    Object.fromEntries(Object.entries(entries).filter(([name]) => !options.includes(name)))
  return { ...config, pending: { set: kept(config.pending.set), delete: kept(config.pending.delete) } }
}

const REQUIRED = ['memory', 'rootfs', 'ostype']

function requestDeletions(
  config: ContainerConfig,
  options: readonly string[],
  { vmid }: UpdateContext,
): { readonly requested: ContainerConfig; readonly warnings: readonly string[] } {
  const warnings: string[] = []
  let { pending } = config
  for (const option of options) {
    const current = option === 'description' ? config.description : config.options[option]
    if (current === undefined && pending.set[option] === undefined) {
      warnings.push(`cannot delete '${option}' - not set in current configuration!`)
      continue
    }
    if (REQUIRED.includes(option)) die(`unable to delete required option '${option}'`)
    if (/^(?:mp|unused)\d+$/.test(option)) checkProtection(config, `can't remove CT ${vmid} drive '${option}'`)
    if (option === 'unprivileged') die(`unable to delete read-only option: '${option}'`)
    const { [option]: _deleted, ...set } = pending.set
    pending = { set, delete: { ...pending.delete, [option]: 1 } }
  }
  return { requested: { ...config, pending }, warnings }
}

function stageValues(config: ContainerConfig, set: ConfigChanges['set'], context: UpdateContext): ContainerConfig {
  let { pending } = config
  for (const option of Object.keys(set).sort()) {
    const value = checkedValue(config, option, set[option] ?? '', context)
    const { [option]: _kept, ...deletions } = pending.delete
    pending = { set: { ...pending.set, [option]: value }, delete: deletions }
  }
  return { ...config, pending }
}

/** The value as it is stored, if it may be set at all. */
function checkedValue(
  config: ContainerConfig,
  option: string,
  value: ParameterValue,
  context: UpdateContext,
): OptionValue {
  const text = String(value)
  if (/^(?:rootfs|mp\d+)$/.test(option)) {
    checkProtection(config, `can't update CT ${context.vmid} drive '${option}'`)
    const { type, volume } = parseMountPoint(option, text)
    if (type === 'volume') context.checkStorage(volume)
  }
  if (option === 'unprivileged') die(`unable to modify read-only option: '${option}'`)
  if (option === 'nameserver' || option === 'searchdomain') return splitList(text).join(' ')
  if (option === 'tags') return normaliseTags(text)
  if (option === 'cpuunits') return Math.min(Math.max(Number(text), 1), 10_000)
  if (/^net\d+$/.test(option)) checkMtu(option, text, context)
  return typeof value === 'number' ? value : text
}

function checkMtu(option: string, line: string, context: UpdateContext): void {
  const { bridge, mtu } = parseNetwork(option, line)
  if (mtu === undefined || bridge === undefined) return
  const limit = context.bridgeMtu(bridge)
  if (mtu > limit) die(`${option}: MTU size '${mtu}' is bigger than bridge MTU '${limit}'`)
}

/** 500 `<action> - protection mode enabled`. */
export function checkProtection(config: ContainerConfig, action: string): void {
  if (config.options['protection'] === 1) die(`${action} - protection mode enabled`)
}
