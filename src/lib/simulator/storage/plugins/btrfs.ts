import { FILE_NAMES } from '../disk-name.js'
import { dir, directoryPath } from './dir.js'
import { SILENT, type StoragePlugin } from './plugin.js'

/** A subvolume around each disk: everything can be cloned, nothing depends on anything. */
export const btrfs: StoragePlugin = {
  type: 'btrfs',
  naming: FILE_NAMES,
  nameKind: 'directory',
  protectsBase: false,
  diskFormat: (size) => (size === 0 ? 'subvol' : 'raw'),
  features: (format) => ({
    snapshot: ['current', 'snap'],
    clone: format === 'raw' ? ['current', 'base', 'snap'] : ['base'],
    copy: ['current', 'base', 'snap'],
    template: ['current'],
    rename: format === 'raw' ? ['current'] : [],
  }),
  path: (config, name) => directoryPath(`/var/lib/pve/${config.id}`, name.replace(/\.raw$/, '/disk.raw')),
  // The btrfs tool is run with -q.
  output: SILENT,
  rollbackVeto: () => undefined,
  full: dir.full,
}
