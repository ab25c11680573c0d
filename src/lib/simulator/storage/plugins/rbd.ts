import { NAMES_WITH_BASE } from '../disk-name.js'
import { SILENT, type StoragePlugin } from './plugin.js'

/** Ceph block devices, shared by all nodes. */
export const rbd: StoragePlugin = {
  type: 'rbd',
  naming: NAMES_WITH_BASE,
  nameKind: 'rbd',
  protectsBase: true,
  diskFormat: () => 'raw',
  features: () => ({
    snapshot: ['current', 'snap'],
    clone: ['base', 'snap'],
    copy: ['current', 'base', 'snap'],
    template: ['current'],
    rename: ['current'],
  }),
  path: (_config, name) => `/dev/rbd-pve/rbd/${name.slice(name.lastIndexOf('/') + 1)}`,
  output: {
    ...SILENT,
    removed: () => ['Removing image: 100% complete...done.'],
    snapshotCreated: () => ['Creating snap: 100% complete...done.'],
    snapshotRemoved: () => ['Removing snap: 100% complete...done.'],
    rolledBack: () => ['Rolling back to snapshot: 100% complete...done.'],
  },
  rollbackVeto: () => undefined,
  full: ({ name }) => `rbd create '${name}' error: rbd: create error: (28) No space left on device`,
}
