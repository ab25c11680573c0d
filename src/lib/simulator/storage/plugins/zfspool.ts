import { NAMES_WITH_BASE } from '../disk-name.js'
import { SILENT, type StoragePlugin } from './plugin.js'

const POOL = 'rpool/data'

/** ZFS file systems: only the newest snapshot can be rolled back to, and clones depend on their base. */
export const zfspool: StoragePlugin = {
  type: 'zfspool',
  naming: NAMES_WITH_BASE,
  nameKind: 'zfs',
  protectsBase: true,
  diskFormat: () => 'subvol',
  features: () => ({
    snapshot: ['current', 'snap'],
    clone: ['base'],
    copy: ['current', 'base'],
    template: ['current'],
    rename: ['current'],
  }),
  path: (_config, name) => `/${POOL}/${imagePart(name)}`,
  output: SILENT,
  rollbackVeto(volume, snapshot) {
    const { snapshots, volid } = volume
    if (!snapshots.some(({ name }) => name === snapshot)) {
      return `can't rollback, snapshot '${snapshot}' does not exist on '${volid}'`
    }
    const isNewest = snapshots.at(-1)?.name === snapshot
    return isNewest ? undefined : `can't rollback, '${snapshot}' is not most recent snapshot on '${volid}'`
  },
  full: ({ name }) => `zfs error: cannot create '${POOL}/${imagePart(name)}': out of space`,
}

function imagePart(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}
