import type { ContainerConfig, TaskEntry } from '../pve/client.js'
import type { Manifest } from './manifest.js'
import { laterTask, timeText } from './power-tasks.js'

/** Why a checkpoint is no longer the other half of its container: a word for programs, and a sentence. */
export interface StaleReason {
  readonly id: 'kernel' | 'criu' | 'config' | 'left-running' | 'restored' | 'started' | 'rolled-back' | 'disk'
  readonly what: string
}

/** What is known of a container and its node now. What is absent could not be found out, and proves nothing. */
export interface Present {
  readonly config?: ContainerConfig
  /** The newest tasks that started it or rolled it back: see `powerTasks`. */
  readonly tasks?: readonly TaskEntry[]
  /** When the checkpoint was restored, or that began: seconds since the epoch. */
  readonly restored?: number
  /** As in the manifest. */
  readonly disk?: string
  readonly kernel?: string
  readonly criu?: string
}

/** Options that say nothing about what the memory refers to. */
const INDIFFERENT = /^(?:description|tags|digest|lock|onboot|startup|protection|hookscript|parent|snaptime|template)$/

/** The options of a configuration that a container's memory depends on. */
export const matteringOptions = ({ options }: ContainerConfig): Readonly<Record<string, string | number>> =>
  Object.fromEntries(Object.entries(options).filter(([key]) => !INDIFFERENT.test(key)))

/** Why restoring a checkpoint now would bring memory back to a disk, a configuration or a kernel that it does not fit. */
export function staleness(manifest: Manifest, present: Present): readonly StaleReason[] {
  const { restored, disk, kernel, criu, config, tasks = [] } = present
  const { versions } = manifest
  const reasons: (StaleReason | undefined)[] = [
    manifest.leaveRunning
      ? { id: 'left-running', what: 'The container went on running after it (--leave-running), and its disk with it' }
      : undefined,
    restored === undefined
      ? undefined
      : { id: 'restored', what: `It was restored at ${timeText(restored)}, and the container has run since` },
    laterTask(manifest.tasks, tasks),
    config === undefined ? undefined : configReason(manifest, config),
    disk !== undefined && manifest.disk !== undefined && disk !== manifest.disk
      ? { id: 'disk', what: "The container's disk has been mounted or changed since" }
      : undefined,
    kernel !== undefined && kernel !== versions.kernel
      ? { id: 'kernel', what: `It was made under kernel ${versions.kernel}, and the node runs ${kernel}` }
      : undefined,
    criu !== undefined && versions.criu !== undefined && major(criu) !== major(versions.criu)
      ? { id: 'criu', what: `It was made by criu ${versions.criu}, and the node has ${criu}` }
      : undefined,
  ]
  return reasons.filter((reason) => reason !== undefined)
}

function configReason(manifest: Manifest, config: ContainerConfig): StaleReason | undefined {
  const [then, now] = [manifest.config.options, matteringOptions(config)]
  const changed = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter((key) => then[key] !== now[key])
  if (changed.length === 0) return undefined
  return { id: 'config', what: `The container's configuration has changed since: ${changed.toSorted().join(', ')}` }
}

const major = (version: string): string => version.split('.')[0] ?? version
