import type { ParameterValue } from '../schema/schema.js'
import type { ContainerConfig } from './container-config.js'
import type { RandomIntegers } from './network.js'

export interface CreateContext {
  readonly vmid: number
  /** Of a create without `storage`: `local`. */
  readonly storage: string
  /** Default of `unprivileged`: 1 since Proxmox VE 9. */
  readonly unprivileged: 0 | 1
  readonly random: RandomIntegers
}

/** What a create makes of its validated parameters. */
export interface CreatePlan {
  /** Without volumes, arch and ostype, which the task finds out. */
  readonly config: ContainerConfig
  /** Disks by option; each is allocated, or taken over when it names a volume that exists. */
  readonly disks: Readonly<
    Record<
      string,
      | { readonly line: string; readonly storage: string; readonly size: number }
      | { readonly line: string; readonly volume: string }
    >
  >
}

/** The configuration of a new container (PVE-FACTS 3.2): options normalised, defaults filled in. Parameters that are no options are ignored. */
export function planCreate(
  _parameters: Readonly<Record<string, ParameterValue | undefined>>,
  _context: CreateContext,
): CreatePlan {
  throw new Error('being built')
}
