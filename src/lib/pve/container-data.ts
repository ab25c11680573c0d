import type { Vmid } from './vmid.js'

/** Where a container is and what it is called: what every call about a container needs. */
export interface ContainerRef {
  readonly vmid: Vmid
  readonly node: string
  readonly name: string
  readonly template: boolean
  readonly tags: readonly string[]
  /** The lock word of its configuration, e.g. `disk` while it is cloned (PVE-FACTS 3.11). */
  readonly lock?: string
}

/** The two words that most calls need of a container. */
export interface ContainerAddress {
  readonly vmid: number
  readonly node: string
}

/** Live state of a container. Sizes in bytes, uptime in seconds, cpu as a fraction of all its cores. */
export interface ContainerStatus extends ContainerRef {
  readonly status: 'running' | 'stopped'
  readonly cpus: number
  readonly cpu: number
  readonly mem: number
  readonly maxmem: number
  readonly swap: number
  readonly maxswap: number
  readonly disk: number
  readonly maxdisk: number
  readonly netin: number
  readonly netout: number
  readonly diskread: number
  readonly diskwrite: number
  readonly uptime: number
  readonly pid?: number
}

/** A container's configuration: Proxmox's own keys, plus the digest that a compare-and-swap needs. */
export interface ContainerConfig {
  readonly digest: string
  readonly hostname?: string
  /** As Proxmox keeps it: with a trailing newline, and with the operation id of whoever created it. */
  readonly description?: string
  readonly tags: readonly string[]
  readonly template: boolean
  readonly lock?: string
  readonly parent?: string
  /** Every option as it came, e.g. `net0`, `rootfs`, `memory`. */
  readonly options: Readonly<Record<string, string | number>>
  /** Raw `lxc.*` lines in order. */
  readonly lxc: readonly (readonly [string, string])[]
}

export interface PendingChange {
  readonly key: string
  readonly value?: string | number
  readonly pending?: string | number
  readonly delete?: boolean
}

export interface NetworkInterface {
  readonly name: string
  readonly hwaddr: string
  /** With prefix length, e.g. `10.0.0.5/24`. */
  readonly addresses: readonly { readonly type: 'inet' | 'inet6'; readonly address: string; readonly prefix: number }[]
}

/** Option values as they are sent: booleans become 1 and 0. `undefined` is not sent. */
export type OptionValues = Readonly<Record<string, string | number | boolean | undefined>>

export interface CreateParameters {
  readonly vmid: number
  readonly ostemplate: string
  readonly hostname?: string
  readonly description?: string
  /** Everything else, in Proxmox's names: `rootfs`, `memory`, `net0`, `unprivileged`, `tags`, `start`… */
  readonly options?: OptionValues
}

export interface CloneParameters {
  readonly newid: number
  readonly hostname?: string
  /** Absent: the source's description is kept, as Proxmox does. */
  readonly description?: string
  readonly full?: boolean
  readonly storage?: string
  readonly target?: string
  readonly snapname?: string
  readonly pool?: string
}

export interface UpdateParameters {
  readonly set?: OptionValues
  readonly delete?: readonly string[]
  readonly revert?: readonly string[]
  /** 40 hex digits: the change is refused (`changed`) unless the configuration still has this digest. */
  readonly digest?: string
}

export interface Snapshot {
  readonly name: string
  /** Without the operation id; empty when there is none. */
  readonly description: string
  /** Seconds since the epoch. Absent for `current`. */
  readonly snaptime?: number
  readonly parent?: string
  /** `prepare` or `delete` while, or because, a task did not finish. */
  readonly snapstate?: string
}
