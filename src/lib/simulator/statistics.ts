import type { Cluster } from './cluster.js'
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

  /** Any of them may be another one now: changes were taken back. */
  touchAll(): void {
    for (const vmid of this.#samples.keys()) this.touch(vmid)
    for (const [vmid] of this.#cluster.configs.entries()) this.touch(vmid)
  }

  /** All containers of the cluster. There may be 10,000: every object is built in one go. */
  containers(): readonly ContainerResource[] {
    this.#catchUp()
    const resources: ContainerResource[] = []
    for (const [vmid, { node, config }] of this.#cluster.configs.entries()) {
      const sample = this.#samples.get(vmid)
      const isKnown = sample?.node === node && this.#cluster.nodes.get(node)?.online === true
      const resource: Record<string, string | number> = {
        id: `lxc/${vmid}`,
        vmid,
        node,
        type: 'lxc',
        status: 'unknown',
      }
      if (isKnown) this.#report(resource, vmid, sample)
      const { tags, lock } = config.options
      if (tags !== undefined) resource['tags'] = tags
      if (lock !== undefined) resource['lock'] = lock
      resources.push(resource)
    }
    return resources
  }

  #report(resource: Record<string, string | number>, vmid: number, sample: Sample): void {
    const { startedAt } = sample
    const { guests } = this.#cluster
    const usage = startedAt !== undefined && guests.isRunning(vmid) ? guests.usage(vmid) : NOTHING
    resource['status'] = startedAt === undefined ? 'stopped' : 'running'
    resource['name'] = sample.name
    resource['template'] = sample.template
    resource['uptime'] = startedAt === undefined ? 0 : Math.max(0, Math.floor((this.#roundTime - startedAt) / 1000))
    resource['cpu'] = usage.cpu
    resource['maxcpu'] = sample.maxcpu
    resource['mem'] = usage.mem
    resource['maxmem'] = sample.maxmem
    resource['memhost'] = usage.mem
    resource['disk'] = usage.disk
    resource['maxdisk'] = sample.maxdisk
    resource['diskread'] = usage.diskread
    resource['diskwrite'] = usage.diskwrite
    resource['netin'] = usage.netin
    resource['netout'] = usage.netout
  }

  /** When the last round was, in milliseconds since the epoch. */
  get #roundTime(): number {
    return this.#round * INTERVAL_MS
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
