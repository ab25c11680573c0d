import type { DiskFormat } from './volume.js'

/** What the name of a container's disk says (PVE-FACTS 6.1). */
export interface DiskName {
  readonly vmid: number
  /** N of `-disk-N`. */
  readonly number: number
  readonly format: DiskFormat
  /** The disk of a template. */
  readonly isBase: boolean
  /** Name of the base, where a linked clone carries it. */
  readonly base?: string
}

/** `vm-101-disk-0`, `base-9000-disk-0`, `subvol-101-disk-0`, `basevol-9000-disk-0`. */
export function imageName({ vmid, number, format, isBase }: DiskName): string {
  const prefix = format === 'raw' ? (isBase ? 'base' : 'vm') : isBase ? 'basevol' : 'subvol'
  return `${prefix}-${vmid}-disk-${number}`
}

/** The inverse of imageName; undefined for anything else. */
function parseImageName(name: string): DiskName | undefined {
  const [, prefix = '', vmid, number] = /^(vm|base|subvol|basevol)-(\d+)-disk-(\d+)$/.exec(name) ?? []
  if (vmid === undefined) return undefined
  return {
    vmid: Number(vmid),
    number: Number(number),
    format: prefix.endsWith('vol') ? 'subvol' : 'raw',
    isBase: prefix.startsWith('base'),
  }
}

/** How a storage writes the names of disks. */
export interface DiskNaming {
  print(disk: DiskName): string
  parse(name: string): DiskName | undefined
}

/** The image's name alone: LVM. */
export const PLAIN_NAMES: DiskNaming = { print: imageName, parse: parseImageName }

/** The base in front of each linked clone: ZFS and RBD. */
export const NAMES_WITH_BASE: DiskNaming = {
  print: (disk) => (disk.base === undefined ? imageName(disk) : `${disk.base}/${imageName(disk)}`),
  parse(name) {
    const parts = name.split('/')
    const disk = parseImageName(parts.at(-1) ?? '')
    const base = parts.length === 2 ? parts[0] : undefined
    if (disk === undefined || parts.length > 2) return undefined
    return base === undefined ? disk : { ...disk, base }
  },
}

/** A folder per container and the format as extension: directories. */
export const FILE_NAMES: DiskNaming = {
  print: (disk) => `${disk.vmid}/${imageName(disk)}.${disk.format}`,
  parse(name) {
    const [, folder, image = '', extension] = /^(\d+)\/([^/]+)\.(raw|subvol)$/.exec(name) ?? []
    const disk = parseImageName(image)
    return disk?.vmid === Number(folder) && disk.format === extension ? disk : undefined
  },
}
