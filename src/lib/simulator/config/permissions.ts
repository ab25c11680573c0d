import { parsePropertyString } from '../schema/property-string.js'
import type { ContainerConfig } from './container-config.js'
import { parseNetwork } from './network.js'
import { FEATURES } from './options.js'
import { newDisk, parseMountPoint } from './volumes.js'

/** Privileges that a change needs, all of them, on one ACL path. */
export interface PermissionNeed {
  readonly path: string
  readonly privileges: readonly string[]
  /** One of them is enough. */
  readonly any?: boolean
}

/** The detail of a flat refusal: it stands in brackets behind `Permission check failed`. */
export interface PermissionRefusal {
  readonly forbidden: string
}

export interface PermissionQuestion {
  readonly vmid: number
  /** Exactly `root@pam`: a token of root is not. */
  readonly isRootPam: boolean
  readonly unprivileged: boolean
  /** What the container has now; absent at create. */
  readonly config?: ContainerConfig
  /** Whether a volume belongs to this container: taking over another one's is refused. May throw: it is none, or no container's. */
  ownsVolume?(volid: string): boolean
}

/** What the caller must hold to set and delete these options, in Proxmox's order of checks (PVE-FACTS 3.9). The first that is not met refuses the call. */
export function requiredPermissions(
  changes: { readonly set: Readonly<Record<string, unknown>>; readonly delete: readonly string[] },
  question: PermissionQuestion,
): readonly (PermissionNeed | PermissionRefusal)[] {
  if (question.isRootPam) return []
  return [
    ...Object.keys(changes.set).flatMap((option) => needsOf(option, String(changes.set[option]), question)),
    ...changes.delete.flatMap((option) => needsOf(option, undefined, question)),
  ]
}

type Needs = readonly (PermissionNeed | PermissionRefusal)[]

const PRIVILEGES: Readonly<Record<string, string>> = {
  cores: 'VM.Config.CPU',
  cpulimit: 'VM.Config.CPU',
  cpuunits: 'VM.Config.CPU',
  memory: 'VM.Config.Memory',
  swap: 'VM.Config.Memory',
  hostname: 'VM.Config.Network',
  nameserver: 'VM.Config.Network',
  searchdomain: 'VM.Config.Network',
}

/** `value` undefined: the option is to be deleted. */
function needsOf(option: string, value: string | undefined, question: PermissionQuestion): Needs {
  if (/^(?:rootfs|mp\d+)$/.test(option)) return diskNeeds(option, value, question)
  if (/^net\d+$/.test(option)) return networkNeeds(option, value, question)
  if (/^dev\d+$/.test(option)) return refused('configuring device passthrough is only allowed for root@pam')
  if (option === 'hookscript') return refused('changing the hookscript is only allowed for root@pam')
  if (option === 'features') return featureNeeds(value, question)
  return onContainer(question, PRIVILEGES[option] ?? 'VM.Config.Options')
}

function diskNeeds(option: string, value: string | undefined, question: PermissionQuestion): Needs {
  const disk = onContainer(question, 'VM.Config.Disk')
  if (value === undefined) return disk
  const { type, volume } = parseMountPoint(option, value)
  if (type !== 'volume') return [...disk, ...refused(`mount point type ${type} is only allowed for root@pam`)]
  const storage = newDisk(volume)?.storage
  if (storage !== undefined) return [...disk, { path: `/storage/${storage}`, privileges: ['Datastore.AllocateSpace'] }]
  if (question.ownsVolume?.(volume) ?? true) return disk
  return [...disk, { path: `/storage/${volume.split(':', 1)[0]}`, privileges: ['Datastore.Allocate'] }]
}

function networkNeeds(option: string, value: string | undefined, question: PermissionQuestion): Needs {
  const lines = [question.config?.options[option], value].filter((line) => line !== undefined)
  const bridges = lines.flatMap((line) => parseNetwork(option, String(line)).bridge ?? [])
  const uses = bridges.map((bridge) => ({ path: `/sdn/zones/localnetwork/${bridge}`, privileges: ['SDN.Use'] }))
  return [...onContainer(question, 'VM.Config.Network'), ...uses]
}

function featureNeeds(value: string | undefined, question: PermissionQuestion): Needs {
  if (!question.unprivileged) {
    return refused('changing feature flags for privileged container is only allowed for root@pam')
  }
  const before = features(question.config?.options['features'])
  const after = features(value)
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => (before[name] ?? 0) !== (after[name] ?? 0),
  )
  if (changed.some((name) => name !== 'nesting')) {
    return refused('changing feature flags (except nesting) is only allowed for root@pam')
  }
  return changed.length === 0 ? [] : onContainer(question, 'VM.Allocate')
}

function features(line: string | number | undefined): Readonly<Record<string, string | number>> {
  return line === undefined ? {} : parsePropertyString(FEATURES, String(line))
}

function onContainer({ vmid }: PermissionQuestion, privilege: string): Needs {
  return [{ path: `/vms/${vmid}`, privileges: [privilege] }]
}

function refused(detail: string): Needs {
  return [{ forbidden: detail }]
}
