import type { StoragePlugin } from './plugins/plugin.js'
import { parseVolumeId, type Volume } from './volume.js'

/** Entry of the content list of a storage (PVE-FACTS 5). */
export type ContentEntry = Readonly<Record<string, string | number>>

/** A volume as its type of storage lists it: directories tell what is used, ZFS and RBD tell name and parent. */
export function contentEntry(volume: Volume, plugin: StoragePlugin): ContentEntry {
  const { volid, format, size, content, ctime, vmid, used } = volume
  const entry = { volid, format, size, content }
  if (vmid === undefined) return { ...entry, ctime }
  if (plugin.nameKind === 'directory') return { ...entry, ctime, vmid, used }
  if (plugin.nameKind === 'lvm') return { ...entry, ctime, vmid }
  const { name } = parseVolumeId(volid)
  const image = name.slice(name.lastIndexOf('/') + 1)
  const base = volume.base === undefined ? {} : { parent: `${baseImage(volume.base)}@__base__` }
  return { ...entry, ...(plugin.nameKind === 'zfs' ? { ctime } : {}), vmid, name: image, ...base }
}

/** In the order of the list. */
export function byVolumeId(a: ContentEntry, b: ContentEntry): number {
  return String(a['volid']) < String(b['volid']) ? -1 : 1
}

function baseImage(volid: string): string {
  const { name } = parseVolumeId(volid)
  return name.slice(name.lastIndexOf('/') + 1)
}
