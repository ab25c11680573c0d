import { FILE_NAMES } from '../disk-name.js'
import type { StorageConfig } from '../storage-config.js'
import { SILENT, type StoragePlugin } from './plugin.js'

/** Raw files in folders: full clones only, since containers cannot use the qcow2 that snapshots and linked clones would need. */
export const dir: StoragePlugin = {
  type: 'dir',
  naming: FILE_NAMES,
  nameKind: 'directory',
  protectsBase: true,
  diskFormat: (size) => (size === 0 ? 'subvol' : 'raw'),
  features: (format) => ({
    snapshot: [],
    clone: [],
    copy: ['current', 'base'],
    template: ['current'],
    rename: format === 'raw' ? ['current'] : [],
  }),
  path: (config, name) => directoryPath(config.id === 'local' ? '/var/lib/vz' : `/mnt/${config.id}`, name),
  output: {
    ...SILENT,
    created: ({ path, size }) => [`Formatting '${path}', fmt=raw size=${size} preallocation=off`],
  },
  rollbackVeto: () => "can't rollback snapshot this image format",
  full: ({ path }) => `unable to create image: qemu-img: ${path}: No space left on device`,
}

/** The same on a file server, mounted on every node. */
export const nfs: StoragePlugin = {
  ...dir,
  type: 'nfs',
  path: (config, name) => directoryPath(mountPoint(config), name),
}

/** Where Proxmox's directory layout has a volume: disks under images, OS templates under template/cache. */
export function directoryPath(root: string, name: string): string {
  const [, kind, file] = /^(vztmpl|iso|snippets)\/(.+)$/.exec(name) ?? []
  if (kind === 'vztmpl') return `${root}/template/cache/${file}`
  if (kind === 'iso') return `${root}/template/iso/${file}`
  return kind === 'snippets' ? `${root}/snippets/${file}` : `${root}/images/${name}`
}

function mountPoint({ id }: StorageConfig): string {
  return `/mnt/pve/${id}`
}
