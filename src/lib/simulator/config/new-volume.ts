import type { ContainerConfig } from './container-config.js'
import { newDisk, parseMountPoint, withVolume } from './volumes.js'

/** A disk that must be allocated before the configuration is written; its option says `storage:GiB` until then. */
export interface NewVolume {
  readonly option: string
  readonly storage: string
  /** Bytes. */
  readonly size: number
}

/** The disk that a mount point line asks for, if it does. */
export function newVolume(option: string, line: string): NewVolume | undefined {
  const disk = newDisk(parseMountPoint(option, line).volume)
  return disk === undefined ? undefined : { option, ...disk }
}

/** The configuration after allocation: each option of `volumes` gets the volume that was made for it, size in bytes. */
export function fillVolumes(
  config: ContainerConfig,
  volumes: Readonly<Record<string, { readonly volid: string; readonly size: number }>>,
): ContainerConfig {
  const filled = Object.entries(volumes).map(([option, { volid, size }]) => [
    option,
    withVolume(option, String(config.options[option]), volid, size),
  ])
  return { ...config, options: { ...config.options, ...Object.fromEntries(filled) } }
}
