import type { CheckpointIntent, Manifest } from './manifest.js'

/** Where a node keeps checkpoints: `VMID/NAME/` with manifest.json, which is written last, and `images/`. */
export const CHECKPOINTS = '/var/lib/cmux-pve/checkpoints'

interface StoredBase {
  readonly node: string
  readonly vmid: number
  readonly name: string
  /** Bytes that it takes on the node's disk. */
  readonly bytes: number
  /** A command is at work on this container right now. */
  readonly busy: boolean
}

/**
 * A checkpoint as it lies on a node. `unfinished`: no manifest, because a command is at work or was killed; `complete` then says that
 * all images are there, so that it can still be finished. `damaged`: its manifest cannot be read.
 */
export type StoredCheckpoint =
  | (StoredBase & {
      readonly state: 'finished'
      readonly manifest: Manifest
      /** When it was last restored, or that began: seconds since the epoch. */
      readonly restored?: number
    })
  | (StoredBase & { readonly state: 'unfinished'; readonly intent?: CheckpointIntent; readonly complete: boolean })
  | (StoredBase & { readonly state: 'damaged' })

/** `20261122-061500` (UTC), the name of a checkpoint that was given none. */
export const checkpointName = (now: number): string =>
  new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')

/** Proxmox's rule for snapshot names (`pve-configid`), with the names that begin with a digit beside. */
export const isCheckpointName = (name: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{1,39}$/.test(name)
