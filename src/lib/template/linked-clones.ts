import type { StorageVolume } from '../pve/client.js'

/**
 * The containers whose disks are linked to the disks of a template, as far as a storage records it: in the volume id
 * (`local-zfs:basevol-9000-disk-0/subvol-101-disk-0`) or as the volume's parent (PVE-FACTS 6.1).
 */
export function linkedCloneIds(template: number, volumes: readonly StorageVolume[]): readonly number[] {
  const base = new RegExp(`base(?:vol)?-${template}-disk-\\d+`)
  const ids = volumes.flatMap(({ volid, parent, vmid }) => {
    const path = volid.slice(volid.indexOf(':') + 1)
    const linked = base.test(path.slice(0, Math.max(0, path.lastIndexOf('/')))) || base.test(parent ?? '')
    return linked && vmid !== undefined && vmid !== template ? [Number(vmid)] : []
  })
  return [...new Set(ids)].toSorted((a, b) => a - b)
}
