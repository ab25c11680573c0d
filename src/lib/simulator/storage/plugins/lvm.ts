import { PLAIN_NAMES } from '../disk-name.js'
import type { Volume, VolumeId } from '../volume.js'
import { SILENT, type StoragePlugin, type ToolDisk, type ToolOutput } from './plugin.js'

const VOLUME_GROUP = 'pve'

const created = (name: string) => `  Logical volume "${name}" created.`
const removed = (name: string) => `  Logical volume "${name}" successfully removed.`
const snapshotName = (name: string, snapshot: string) => `snap_${name}_${snapshot}`

const output: ToolOutput = {
  ...SILENT,
  created: ({ name }) => [created(name)],
  renamed: (from, to) => [`  Renamed "${from.name}" to "${to.name}" in volume group "${VOLUME_GROUP}"`],
  cloned: (_from, to) => [created(to.name)],
  removed: ({ name }, snapshots) => [
    ...snapshots.map((snapshot) => removed(snapshotName(name, snapshot))),
    removed(name),
  ],
  snapshotCreated: ({ name }, snapshot) => [created(snapshotName(name, snapshot))],
  snapshotRemoved: ({ name }, snapshot) => [removed(snapshotName(name, snapshot))],
  rolledBack: ({ name }: ToolDisk) => [removed(name), created(name)],
}

/** Thick logical volumes: neither snapshots nor templates. */
export const lvm: StoragePlugin = {
  type: 'lvm',
  naming: PLAIN_NAMES,
  nameKind: 'lvm',
  thick: true,
  protectsBase: true,
  diskFormat: () => 'raw',
  features: () => ({ snapshot: [], clone: [], copy: ['current', 'base'], template: [], rename: ['current'] }),
  path: (_config, name) => `/dev/${VOLUME_GROUP}/${name}`,
  output,
  rollbackVeto: () => "can't rollback snapshot for this storage type",
  full: ({ size, free }) => `not enough free space (${free / 1024} < ${size / 1024})`,
}

/** Thin logical volumes: everything, but nothing keeps a template from being deleted under its clones. */
export const lvmthin: StoragePlugin = {
  ...lvm,
  type: 'lvmthin',
  thick: false,
  protectsBase: false,
  features: () => ({
    snapshot: ['current'],
    clone: ['base', 'snap'],
    copy: ['current', 'base', 'snap'],
    template: ['current'],
    rename: ['current'],
  }),
  rollbackVeto: () => undefined,
  baseVeto: (volume: Volume, { name }: VolumeId) => {
    const leftOver = volume.snapshots[0]
    return leftOver && `unable to create base volume - found snaphost '${snapshotName(name, leftOver.name)}'`
  },
  full: ({ name }) =>
    `lvcreate '${VOLUME_GROUP}/${name}' error:   Cannot create new thin volume, free space in thin pool ${VOLUME_GROUP}/data reached threshold.`,
}
