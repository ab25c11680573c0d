import type { ContainerAddress, Vmid } from '../pve/client.js'
import type { PoolRecord } from './record.js'

/** A container of this pool as it was read last: its configuration holds a valid record that names this pool and this VMID. */
export interface Member extends ContainerAddress {
  readonly vmid: Vmid
  readonly node: string
  readonly hostname: string
  readonly record: PoolRecord
  /** Of the configuration that the record was read from: what a write of ours must name. */
  readonly digest: string
  /** The whole text, which a write of ours keeps but for the record. */
  readonly description: string
  readonly tags: readonly string[]
  /** The snapshot that the container descends from. */
  readonly parent?: string
  readonly lock?: string
  /** It has a root disk: a clone whose worker was killed has none, and looks whole otherwise once somebody has removed its lock. */
  readonly whole: boolean
  /** Proxmox refuses to delete a protected one: every container that is ready or claimed is. */
  readonly protection: boolean
  /** As seen last; undefined: not known yet. The index lags by up to 10 s (PVE-FACTS 5). */
  readonly running: boolean | undefined
  /** Seconds since the epoch: when it was started, if it runs and that is known. */
  readonly startedAt?: number
}
