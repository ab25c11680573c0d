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
  }),
  path: (config, name) => directoryPath(`/var/lib/pve/${config.id}`, name.replace(/\.raw$/, '/disk.raw')),
  output: {
    ...SILENT,
    created: ({ path, size }) => [
      `Create subvolume '${folder(path)}'`,
      ...dir.output.created({ name: '', path, size }),
    ],
    cloned: (from, to) => [`Create a snapshot of '${folder(from.path)}' in '${folder(to.path)}'`],
    snapshotCreated: ({ path }, snapshot) => [
      `Create a readonly snapshot of '${folder(path)}' in '${folder(path)}@${snapshot}'`,
    ],
    snapshotRemoved: ({ path }, snapshot) => [`Delete subvolume (commit): '${folder(path)}@${snapshot}'`],
    removed: ({ path }, snapshots) => [
      ...snapshots.map((snapshot) => `Delete subvolume (commit): '${folder(path)}@${snapshot}'`),
      `Delete subvolume (commit): '${folder(path)}'`,
    ],
  },
  rollbackVeto: () => undefined,
  full: dir.full,
}

/** The subvolume that holds a disk. */
function folder(path: string): string {
  return path.replace(/\/disk\.raw$/, '')
}
