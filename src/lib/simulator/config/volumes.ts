import { parsePropertyString, printPropertyString } from '../schema/property-string.js'
import { type ContainerConfig, type Options, withOptions } from './container-config.js'
import { MOUNT_POINT, mountPointSchema } from './options.js'
import { formatSize, parseSize } from './size.js'

/** rootfs or an mpN line, taken apart. */
export interface MountPoint {
  /** `rootfs`, `mp0`… */
  readonly name: string
  readonly type: 'volume' | 'bind' | 'device'
  /** A volume id, or a path on the node. */
  readonly volume: string
  /** Bytes, when the line says so. */
  readonly size?: number
  /** Path in the container. */
  readonly mp: string
  readonly readOnly: boolean
}

/** All mount points of the options, rootfs first, then by number. */
export function mountPoints(options: Options): readonly MountPoint[] {
  const names = Object.keys(options).filter((name) => mountPointSchema(name) !== undefined)
  return names
    .sort((a, b) => mountPointNumber(a) - mountPointNumber(b))
    .map((name) => parseMountPoint(name, String(options[name])))
}

/** Takes one rootfs or mpN line apart. Throws an Error on one that cannot be read. */
export function parseMountPoint(name: string, line: string): MountPoint {
  const values = parsePropertyString(mountPointSchema(name) ?? MOUNT_POINT, line)
  const volume = String(values['volume'])
  const size = values['size'] === undefined ? undefined : parseSize(String(values['size']))
  return {
    name,
    type: volume.startsWith('/dev/') ? 'device' : volume.startsWith('/') ? 'bind' : 'volume',
    volume,
    mp: name === 'rootfs' ? '/' : String(values['mp']),
    readOnly: values['ro'] === 1,
    ...(size === undefined ? {} : { size }),
  }
}

/** `storage:GiB` of a disk that is still to be made, in bytes: whole MiB; undefined for anything else. */
export function newDisk(volume: string): { readonly storage: string; readonly size: number } | undefined {
  const [, storage, gib] = /^([^:\s]+):(\d+(?:\.\d+)?)$/.exec(volume) ?? []
  if (storage === undefined || gib === undefined) return undefined
  return { storage, size: Math.trunc(Number(gib) * 1024) * 1024 ** 2 }
}

/** The line of a mount point with another volume (and size, in bytes) in it, everything else kept. */
export function withVolume(name: string, line: string, volume: string, size?: number): string {
  const schema = mountPointSchema(name) ?? MOUNT_POINT
  const values = parsePropertyString(schema, line)
  return printPropertyString(schema, { ...values, volume, ...(size === undefined ? {} : { size: formatSize(size) }) })
}

/** The line as Proxmox prints it: keys in order, the size in its largest exact unit. */
export function printedMountPoint(name: string, line: string): string {
  const { volume, size } = parseMountPoint(name, line)
  return withVolume(name, line, volume, size)
}

/** The name of the first free unusedN. */
function freeUnusedName(options: Options): string {
  let index = 0
  while (options[`unused${index}`] !== undefined) index += 1
  return `unused${index}`
}

/** The options with a volume noted as unused, unless it is noted already. */
export function withUnusedVolume(options: Options, volume: string): Options {
  const noted = Object.entries(options).some(([name, value]) => /^unused\d+$/.test(name) && value === volume)
  return noted ? options : { ...options, [freeUnusedName(options)]: volume }
}

/** Whether any mount point of the options is this volume. */
export function usesVolume(options: Options, volume: string): boolean {
  return mountPoints(options).some((mountPoint) => mountPoint.volume === volume)
}

/** Whether the container needs this volume: now, after its next start, or for a snapshot. */
export function isVolumeInUse({ options, pending, snapshots }: ContainerConfig, volume: string): boolean {
  const sections = [options, pending.set, ...Object.values(snapshots).map((section) => section.options)]
  return sections.some((section) => usesVolume(section, volume))
}

/** The configuration without unusedN lines for volumes that it uses: Proxmox drops them whenever it writes the file. */
export function withoutUsedVolumes(config: ContainerConfig): ContainerConfig {
  const stale = Object.entries(config.options).filter(
    ([name, value]) => /^unused\d+$/.test(name) && usesVolume(config.options, String(value)),
  )
  return stale.length === 0 ? config : withOptions(config, Object.fromEntries(stale.map(([name]) => [name, undefined])))
}

function mountPointNumber(name: string): number {
  return name === 'rootfs' ? -1 : Number(name.slice('mp'.length))
}
