import type { Options } from './container-config.js'

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
export function mountPoints(_options: Options): readonly MountPoint[] {
  throw new Error('being built')
}

/** `storage:GiB` of a disk that is still to be made; undefined for anything else. Bytes. */
export function newDisk(_text: string): { readonly storage: string; readonly size: number } | undefined {
  throw new Error('being built')
}

/** The line of a mount point with another volume (and size) in it, everything else kept. */
export function withVolume(_name: string, _line: string, _volume: string, _size?: number): string {
  throw new Error('being built')
}

/** Bytes as Proxmox prints sizes: the largest unit that is exact (PVE-FACTS 4.2). */
export function formatSize(_bytes: number): string {
  throw new Error('being built')
}

/** Bytes of `8G`, `8.5G`, `512M`, `1024`; undefined for anything else. */
export function parseSize(_text: string): number | undefined {
  throw new Error('being built')
}

/** The name of the first free unusedN. */
export function freeUnusedName(_options: Options): string {
  throw new Error('being built')
}
