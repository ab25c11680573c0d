import { die } from './api/api-error.js'
import { asWritten, configDigest } from './config/config-file.js'
import type { ContainerConfig } from './config/container-config.js'
import { withoutUsedVolumes } from './config/volumes.js'
import type { Table } from './store.js'

/** One file of /etc/pve/nodes/<node>/lxc. */
export interface ConfigEntry {
  readonly node: string
  readonly config: ContainerConfig
}

/** The configuration files of all containers of the cluster, as its shared file system holds them. */
export class ContainerConfigs {
  readonly #table: Table<ConfigEntry>
  readonly #byNode = new Map<string, Set<number>>()
  readonly #beforeChange: (vmid: number) => void
  readonly #isWritable: () => boolean

  /**
   * `beforeChange` is told of every container whose file is about to change, come or go. `isWritable`: /etc/pve is read-only while the
   * cluster has no quorum.
   */
  constructor(table: Table<ConfigEntry>, beforeChange: (vmid: number) => void, isWritable: () => boolean) {
    this.#table = table
    this.#isWritable = isWritable
    this.#beforeChange = beforeChange
    this.reindex()
  }

  /** How many containers there are in the cluster. */
  get size(): number {
    return this.#table.size
  }

  find(vmid: number): ConfigEntry | undefined {
    return this.#table.get(String(vmid))
  }

  /** 500 `Configuration file 'nodes/pve1/lxc/101.conf' does not exist`, also when the container is on another node. */
  load(vmid: number, node: string): ContainerConfig {
    const entry = this.find(vmid)
    if (entry === undefined || entry.node !== node) {
      return die(`Configuration file 'nodes/${node}/lxc/${vmid}.conf' does not exist`)
    }
    return entry.config
  }

  /** Makes the file. 500 `CT 101 already exists on node 'pve1'`. */
  create(vmid: number, node: string, config: ContainerConfig): void {
    this.checkUnused(vmid)
    this.#set(vmid, node, config)
  }

  checkUnused(vmid: number): void {
    const existing = this.find(vmid)
    if (existing !== undefined) die(`CT ${vmid} already exists on node '${existing.node}'`)
  }

  /** Replaces the file of a container that exists. Answers what a reader finds afterwards. */
  write(vmid: number, node: string, config: ContainerConfig): ContainerConfig {
    this.load(vmid, node)
    return this.#set(vmid, node, config)
  }

  delete(vmid: number): void {
    const existing = this.find(vmid)
    if (existing === undefined) return
    if (!this.#isWritable()) die('failed to remove config file: Permission denied')
    this.#beforeChange(vmid)
    this.#table.delete(String(vmid))
    this.#byNode.get(existing.node)?.delete(vmid)
  }

  move(vmid: number, from: string, to: string): void {
    const config = this.load(vmid, from)
    this.#byNode.get(from)?.delete(vmid)
    this.#set(vmid, to, config)
  }

  /** SHA-1 of the raw file. */
  digest(config: ContainerConfig): string {
    return configDigest(config)
  }

  /** VMIDs on a node. */
  onNode(node: string): Iterable<number> {
    return this.#byNode.get(node) ?? []
  }

  /** All containers of the cluster. */
  *entries(): Iterable<readonly [vmid: number, entry: ConfigEntry]> {
    for (const [key, entry] of this.#table.entries()) yield [Number(key), entry]
  }

  /** The lowest free VMID in the range; undefined when there is none. */
  nextFree(lower: number, upper: number): number | undefined {
    for (let vmid = lower; vmid <= upper; vmid++) if (!this.#table.has(String(vmid))) return vmid
    return undefined
  }

  /** Looks at the table anew, after a power cut took writes back. */
  reindex(): void {
    this.#byNode.clear()
    for (const [vmid, { node }] of this.entries()) this.#index(vmid, node)
  }

  #set(vmid: number, node: string, config: ContainerConfig): ContainerConfig {
    if (!this.#isWritable())
      die(`unable to open file '/etc/pve/nodes/${node}/lxc/${vmid}.conf.tmp.1' - Permission denied`)
    const written = asWritten(withoutUsedVolumes(config))
    this.#beforeChange(vmid)
    this.#table.set(String(vmid), { node, config: written })
    this.#index(vmid, node)
    return written
  }

  #index(vmid: number, node: string): void {
    const vmids = this.#byNode.get(node)
    if (vmids === undefined) this.#byNode.set(node, new Set([vmid]))
    else vmids.add(vmid)
  }
}
