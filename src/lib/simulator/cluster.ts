import type { Clock } from '../clock.js'
import type { AccessConfig, TokenConfig } from './api/access-config.js'
import { AccessControl } from './api/access-control.js'
import { die } from './api/api-error.js'
import type { Pool } from './api/pools.js'
import { Pools } from './api/pools.js'
import { simulatorClock } from './clock.js'
import { ContainerConfigs } from './container-configs.js'
import { Faults } from './faults.js'
import type { GuestRuntime } from './guest/guest-runtime.js'
import { GuestState } from './guest-state.js'
import { Journal, type OnUnwritten } from './journal.js'
import type { Latency, LatencyProfile } from './latency.js'
import { latencyTable } from './latency.js'
import { Locks } from './lock.js'
import { startOnBoot } from './lxc/boot.js'
import { afterStop, unmountDisks } from './lxc/post-stop.js'
import { VolumeFacts } from './lxc/volume-facts.js'
import { Node } from './node.js'
import type { Random } from './random.js'
import { seededRandom } from './random.js'
import { Statistics } from './statistics.js'
import type { StorageConfig } from './storage/storage-config.js'
import { defaultStorages } from './storage/storage-config.js'
import { Storages } from './storage/storages.js'
import { Store } from './store.js'
import type { PveVersion, VersionTraits } from './version.js'
import { versionTraits } from './version.js'

export interface OsTemplate {
  /** `local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst` */
  readonly volid: string
  /** Bytes. */
  readonly size: number
}

export interface ClusterOptions {
  /** Names. Default: `pve1`. */
  readonly nodes?: readonly string[]
  /** Default: a directory `local` and an LVM thin pool `local-lvm`. */
  readonly storages?: readonly StorageConfig[]
  /** Default: `vmbr0`. */
  readonly bridges?: readonly string[]
  /** Default: 9.2. */
  readonly version?: PveVersion
  /** Default: instant. */
  readonly latency?: LatencyProfile
  readonly seed?: number | string
  /** Default: real time. */
  readonly clock?: Clock
  /** Default: the built-in ones, in memory. */
  readonly guests?: GuestRuntime
  readonly faults?: Faults
  /** Everything is kept in this file, and found there again after a restart. */
  readonly stateFile?: string
  /** Told when it cannot be written any more, and when it can again: the cluster goes on without it. */
  readonly onStateUnwritten?: OnUnwritten
  readonly osTemplates?: readonly OsTemplate[]
  readonly tokens?: readonly TokenConfig[]
  /** Users, groups and roles besides root@pam. */
  readonly access?: AccessConfig
}

/** OS templates that a new cluster has on its first storage for them. */
const OS_TEMPLATES: readonly OsTemplate[] = [
  { volid: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst', size: 126_515_062 },
  { volid: 'local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst', size: 129_710_398 },
  { volid: 'local:vztmpl/ubuntu-24.04-standard_24.04-2_amd64.tar.zst', size: 141_589_318 },
  { volid: 'local:vztmpl/alpine-3.20-default_20240908_amd64.tar.xz', size: 3_194_840 },
  { volid: 'local:vztmpl/busybox_1.35-1_amd64.tar.gz', size: 1_048_576 },
]

/** How long the nodes of a new cluster have been running. */
const RUN_BEFORE_MS = 86_400_000

/** A simulated Proxmox VE cluster: everything behind the API, without a socket. */
export class Cluster {
  readonly clock: Clock
  readonly random: Random
  readonly version: VersionTraits
  readonly latency: Latency
  readonly faults: Faults
  readonly store = new Store()
  readonly bridges: readonly string[]
  readonly guests: GuestRuntime
  readonly access: AccessControl
  readonly pools: Pools
  readonly storages: Storages
  readonly volumeFacts: VolumeFacts
  readonly configs: ContainerConfigs
  readonly statistics: Statistics
  /** Locks that hold for the whole cluster, such as those of shared storages. */
  readonly locks: Locks
  readonly nodes: ReadonlyMap<string, Node>
  /** Without a quorum nothing of the configuration can be changed; what runs goes on. */
  quorate = true
  readonly #journal: Journal | undefined
  readonly #guestState: GuestState | undefined
  readonly #stopListening: () => void
  readonly #closing = new AbortController()

  /** Makes a cluster, or finds it again in its state file: then every node has just booted. Rejects when that file is not one. */
  static async open(options: ClusterOptions = {}): Promise<Cluster> {
    const clock = options.clock ?? simulatorClock()
    const seed = options.seed ?? clock.now()
    const faults = options.faults ?? new Faults()
    const guests = options.guests ?? (await builtinGuests(clock, seed, faults))
    const cluster = new Cluster(options, { clock, seed, faults, guests })
    await cluster.#guestState?.restore()
    for (const node of cluster.nodes.values()) startOnBoot(node)
    return cluster
  }

  private constructor(
    options: ClusterOptions,
    { clock, seed, faults, guests }: { clock: Clock; seed: number | string; faults: Faults; guests: GuestRuntime },
  ) {
    this.clock = clock
    this.random = seededRandom(seed)
    this.version = versionTraits(options.version ?? '9.2')
    this.latency = latencyTable(options.latency ?? 'instant', seededRandom(`${seed}/latency`))
    this.faults = faults
    this.guests = guests
    this.bridges = options.bridges ?? ['vmbr0']
    this.locks = new Locks(clock)
    this.#journal =
      options.stateFile === undefined
        ? undefined
        : Journal.open(options.stateFile, this.store, options.onStateUnwritten)
    this.#guestState = this.#journal === undefined ? undefined : new GuestState(this.store, guests, clock)
    const names = options.nodes ?? ['pve1']
    this.pools = new Pools(this.store.table<Pool>('pools', { losable: true }))
    this.access = new AccessControl({
      clock,
      newSecret: () => uuid(this.random),
      pools: this.pools,
      config: { ...options.access, tokens: [...(options.access?.tokens ?? []), ...(options.tokens ?? [])] },
    })
    this.storages = new Storages({
      configs: options.storages ?? defaultStorages(['dir', 'lvmthin']),
      volumes: this.store.table('volumes'),
      guests: this.#guestState?.volumes() ?? guests,
      now: () => clock.now(),
    })
    this.volumeFacts = new VolumeFacts(this.store.table('volume-facts'))
    this.configs = new ContainerConfigs(
      this.store.table('containers', { losable: true }),
      (vmid) => this.statistics.touch(vmid),
      () => this.quorate,
    )
    this.statistics = new Statistics(this)
    for (const [vmid] of this.configs.entries()) this.statistics.touch(vmid)
    this.#addOsTemplates(options.osTemplates ?? OS_TEMPLATES, names)
    this.nodes = new Map(names.map((name) => [name, new Node(this, name)]))
    // Nodes that were not found again after a restart have run for a while.
    if (this.#journal === undefined) for (const node of this.nodes.values()) node.bootTime -= RUN_BEFORE_MS
    this.#stopListening = guests.onExit((vmid) => this.#exited(vmid))
  }

  /** The node of that name. Throws when there is none: callers have looked it up before. */
  node(name: string): Node {
    const node = this.nodes.get(name)
    if (node === undefined) throw new Error(`no such cluster node '${name}'`)
    return node
  }

  /**
   * A node loses power and comes up again after `downMs`: its processes are gone where they were, configuration locks stay, and so do
   * mounted file systems. `writes`: how many of the last changes of /etc/pve never reached the disk.
   */
  powerCut(node: Node, writes = 0, downMs = 0): void {
    node.powerOff()
    this.guests.powerOff(node.name)
    this.store.undo(writes)
    this.configs.reindex()
    this.statistics.touchAll()
    const boot = () => {
      node.boot()
      node.tasks.endInterrupted(Math.floor(this.clock.now() / 1000))
      startOnBoot(node)
    }
    if (downMs === 0) boot()
    else void this.clock.sleep(downMs, this.#closing.signal).then(boot, () => {})
  }

  /** The quorum is lost, for `ms` or, absent, until `quorate` is set again. */
  loseQuorum(ms?: number): void {
    this.quorate = false
    if (ms === undefined) return
    const regain = () => {
      this.quorate = true
    }
    void this.clock.sleep(ms, this.#closing.signal).then(regain, () => {})
  }

  /** 500 `cluster not ready - no quorum?` (PVE-FACTS 3.2, 3.3, 3.6). */
  checkQuorum(): void {
    if (!this.quorate) die('cluster not ready - no quorum?')
  }

  /** Ends every process, as nodes do that are shut down in order, and closes the state file. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#stopListening()
    for (const node of this.nodes.values()) {
      for (const vmid of node.monitor.vmids()) {
        const entry = this.configs.find(vmid)
        if (entry !== undefined) unmountDisks(node, entry.config)
      }
      node.powerOff()
      this.guests.powerOff(node.name)
    }
    try {
      this.#guestState?.save()
    } finally {
      this.#journal?.close()
    }
  }

  #exited(vmid: number): void {
    for (const node of this.nodes.values()) {
      // A hook that fails has nobody to tell.
      if (node.monitor.isRunning(vmid)) node.monitor.exited(vmid, afterStop).catch(() => {})
    }
    this.#guestState?.changed()
  }

  #addOsTemplates(templates: readonly OsTemplate[], nodes: readonly string[]): void {
    for (const { volid, size } of templates) {
      const storage = this.storages.find(volid.split(':')[0] ?? '')
      if (storage === undefined) continue
      for (const node of storage.shared ? nodes.slice(0, 1) : nodes) {
        if (this.storages.volume(volid, node) === undefined) this.storages.addFile(volid, node, size)
      }
    }
  }
}

async function builtinGuests(clock: Clock, seed: number | string, faults: Faults): Promise<GuestRuntime> {
  const { createBuiltinGuests } = await import('./guest/builtin.js')
  return createBuiltinGuests({ clock, random: seededRandom(`${seed}/guests`), faults })
}

/** A random UUID, from the seed. */
function uuid(random: Random): string {
  const hex = random.hex(32)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
