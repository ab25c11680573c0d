import type { Cluster } from './cluster.js'
import { configLock } from './config/container-config.js'
import { containerLimits, containerName } from './lxc/status.js'

/** pvestatd reports to the cluster this often. */
const INTERVAL_MS = 10_000

/** What pvestatd found out about a container at its last round. */
interface Sample {
  readonly node: string
  readonly name: string
  readonly template: 0 | 1
  readonly maxcpu: number
  readonly maxmem: number
  readonly maxdisk: number
  /** Milliseconds since the epoch; absent: stopped. */
  readonly startedAt?: number
}

/** Entry of `/cluster/resources` without the pool. */
export type ContainerResource = Readonly<Record<string, string | number>>

/**
 * What the cluster knows of its containers without asking the nodes: as it was at the last round of pvestatd, up to 10 s ago, with
 * only locks and tags read live (PVE-FACTS 5). Nothing runs between rounds: a round is made up for when the first thing that it
 * must not see yet is about to change.
 */
export class Statistics {
  readonly #cluster: Cluster
  readonly #samples = new Map<number, Sample>()
  readonly #changed = new Set<number>()
  #round: number

  constructor(cluster: Cluster) {
    this.#cluster = cluster
    this.#round = this.#currentRound()
  }

  /** The container is about to change, appear or go. */
  touch(vmid: number): void {
    this.#catchUp()
    this.#changed.add(vmid)
  }

  /** All containers of the cluster. */
  containers(): readonly ContainerResource[] {
    this.#catchUp()
    const resources: ContainerResource[] = []
    for (const [vmid, { node, config }] of this.#cluster.configs.entries()) {
      const lock = configLock(config)
      const { tags } = config.options
      resources.push({
        id: `lxc/${vmid}`,
        vmid,
        node,
        type: 'lxc',
        ...this.#reported(vmid, node),
        ...(tags === undefined ? {} : { tags }),
        ...(lock === undefined ? {} : { lock }),
      })
    }
    return resources
  }

  #reported(vmid: number, node: string): ContainerResource {
    const sample = this.#samples.get(vmid)
    if (sample === undefined || sample.node !== node || this.#cluster.nodes.get(node)?.online === false) {
      return { status: 'unknown' }
    }
    const { name, template, maxcpu, maxmem, maxdisk, startedAt } = sample
    const { cpu, mem, disk, netin, netout, diskread, diskwrite } =
      startedAt !== undefined && this.#cluster.guests.isRunning(vmid) ? this.#cluster.guests.usage(vmid) : NOTHING
    return {
      ...{ name, template, maxcpu, maxmem, maxdisk },
      ...{ cpu, mem, disk, netin, netout, diskread, diskwrite },
      memhost: mem,
      status: startedAt === undefined ? 'stopped' : 'running',
      uptime: startedAt === undefined ? 0 : Math.max(0, Math.floor((this.#round * INTERVAL_MS - startedAt) / 1000)),
    }
  }

  #currentRound(): number {
    return Math.floor(this.#cluster.clock.now() / INTERVAL_MS)
  }

  #catchUp(): void {
    const round = this.#currentRound()
    if (round === this.#round) return
    this.#round = round
    for (const vmid of this.#changed) this.#sample(vmid)
    this.#changed.clear()
  }

  #sample(vmid: number): void {
    const entry = this.#cluster.configs.find(vmid)
    const node = entry === undefined ? undefined : this.#cluster.nodes.get(entry.node)
    if (entry === undefined || node === undefined) {
      this.#samples.delete(vmid)
      return
    }
    const { cpus, maxmem, maxdisk } = containerLimits(entry.config, node)
    const state = node.monitor.state(vmid)
    const running = state !== undefined && state.phase !== 'post-stop'
    this.#samples.set(vmid, {
      node: node.name,
      name: containerName(entry.config, vmid),
      template: entry.config.options['template'] === 1 ? 1 : 0,
      maxcpu: cpus,
      maxmem,
      maxdisk,
      ...(running ? { startedAt: state.startedAt } : {}),
    })
  }
}

const NOTHING = { cpu: 0, mem: 0, disk: 0, netin: 0, netout: 0, diskread: 0, diskwrite: 0 } as const
