import type { Cluster } from './cluster.js'
import { Locks } from './lock.js'
import { Monitor } from './lxc/monitor.js'
import type { Flock } from './process.js'
import { Process } from './process.js'
import { Pvedaemon } from './pvedaemon.js'
import { Worker } from './task.js'
import { TaskIndex } from './task-index.js'
import { TaskLogs } from './task-log.js'
import type { UpidParts } from './upid.js'
import { formatUpid } from './upid.js'

export interface ForkRequest {
  readonly type: string
  readonly id: string
  /** `root@pam` or a full token id. */
  readonly user: string
  readonly run: (worker: Worker) => Promise<void>
  /** A terminal in the foreground. */
  readonly output?: (line: string) => void
  /** A lock of the parent that the child keeps for its whole life. */
  readonly inherit?: Flock
}

/** Figures of the machine itself. Bytes, seconds. */
export interface HostStatus {
  readonly uptime: number
  readonly cpus: number
  /** 0..1 of all cpus. */
  readonly cpu: number
  readonly memory: { readonly total: number; readonly used: number; readonly available: number }
  readonly swap: { readonly total: number; readonly used: number }
  readonly rootfs: { readonly total: number; readonly used: number }
  readonly loadavg: readonly [number, number, number]
}

const GIB = 2 ** 30
const HOST_CPUS = 16
const HOST_MEMORY = 64 * GIB
/** What the system takes without containers. */
const SYSTEM_MEMORY = 2 * GIB
const PID_LIMIT = 4_194_304
/** A task that is told to end gets this long before it is killed. */
const KILL_AFTER_MS = 5000

/** One node of the cluster: its daemons, its tasks, its containers' processes. */
export class Node {
  readonly name: string
  readonly cluster: Cluster
  readonly tasks: TaskIndex
  /** Milliseconds since the epoch. */
  bootTime: number
  online = true
  /** The system's own processes: API daemons and systemd. Replaced when the node boots. */
  daemon: Process
  monitor: Monitor
  #pvedaemon: Pvedaemon
  #locks: Locks
  #workers = new Set<Worker>()
  #pid: number

  constructor(cluster: Cluster, name: string) {
    this.cluster = cluster
    this.name = name
    this.tasks = new TaskIndex(
      cluster.store.table(`tasks/${name}`),
      new TaskLogs(cluster.store.lines(`task-log/${name}`)),
    )
    this.#pid = cluster.random.integer(1500, 9000)
    this.bootTime = cluster.clock.now()
    this.#locks = new Locks(cluster.clock)
    this.daemon = new Process(cluster.clock, this.#locks)
    this.#pvedaemon = new Pvedaemon(cluster.clock)
    this.monitor = new Monitor(this)
    this.tasks.endInterrupted(Math.floor(this.bootTime / 1000))
  }

  /** How many cpus the machine has. */
  get cpus(): number {
    return HOST_CPUS
  }

  /**
   * Runs a call that pvedaemon serves: three at a time. Rejects with a 596 ApiError after 30 s, although the call goes on, and with
   * a 595 when the node loses power meanwhile.
   */
  protectedCall<T>(call: () => Promise<T> | T): Promise<T> {
    return this.#pvedaemon.call(call)
  }

  /** Starts a worker; its task exists at once. */
  fork(request: ForkRequest): Worker {
    const { clock, latency, faults } = this.cluster
    const { type, id, user } = request
    const pstart = Math.max(0, Math.floor((clock.now() - this.bootTime) / 10))
    const parts: UpidParts = {
      node: this.name,
      pid: this.nextPid(),
      pstart,
      starttime: this.#seconds(),
      type,
      id,
      user,
    }
    const upid = formatUpid(parts)
    this.tasks.begin(upid, parts)
    const vmid = Number.parseInt(id, 10)
    const worker = new Worker([clock, this.#locks], {
      upid,
      parts,
      run: request.run,
      forkMs: latency.of('fork'),
      attributes: Number.isNaN(vmid) ? { node: this.name } : { node: this.name, vmid },
      faults,
      onLog: (line) => this.tasks.logs.append(upid, line),
      onLogMore: (text) => this.tasks.logs.appendMore(upid, text),
      onOutput: request.output,
      onEnd: ({ exitstatus }) => {
        this.#workers.delete(worker)
        this.tasks.end(upid, exitstatus, this.#seconds())
      },
      onPowerCut: (writes, downMs) => this.cluster.powerCut(this, writes, downMs),
    })
    if (request.inherit !== undefined) {
      this.daemon.disown(request.inherit)
      worker.adopt(request.inherit)
    }
    this.#workers.add(worker)
    return worker
  }

  /** The process of a running task. */
  worker(upid: string): Worker | undefined {
    for (const worker of this.#workers) if (worker.upid === upid) return worker
    return undefined
  }

  /** Ends a task as `DELETE …/tasks/{upid}` does: SIGTERM, and SIGKILL after 5 s (PVE-FACTS 2.3). Nothing for a finished one. */
  async stopTask(upid: string): Promise<void> {
    const worker = this.worker(upid)
    if (worker === undefined) return
    worker.interrupt()
    if (!(await this.daemon.settles(worker.finished, KILL_AFTER_MS))) worker.kill()
  }

  /** A process id that nobody on this node has used lately. */
  nextPid(): number {
    this.#pid = (this.#pid + this.cluster.random.integer(1, 12)) % PID_LIMIT
    return this.#pid
  }

  status(): HostStatus {
    const used = this.monitor.usage()
    const memory = Math.min(HOST_MEMORY, SYSTEM_MEMORY + used.mem)
    const load = Math.round(used.cpus * 100) / 100 + 0.05
    return {
      uptime: Math.floor((this.cluster.clock.now() - this.bootTime) / 1000),
      cpus: HOST_CPUS,
      cpu: Math.min(1, 0.005 + used.cpus / HOST_CPUS),
      memory: { total: HOST_MEMORY, used: memory, available: HOST_MEMORY - memory },
      swap: { total: 8 * GIB, used: 0 },
      rootfs: { total: 96 * GIB, used: 6 * GIB },
      loadavg: [load, load, load],
    }
  }

  /** Power is gone: every process ends where it is. */
  powerOff(): void {
    this.online = false
    for (const worker of [...this.#workers]) worker.kill()
    this.daemon.kill()
    this.#pvedaemon.powerOff()
    this.monitor.powerOff()
  }

  /** Comes up again with new daemons and no container running. */
  boot(): void {
    this.bootTime = this.cluster.clock.now()
    this.#locks = new Locks(this.cluster.clock)
    this.daemon = new Process(this.cluster.clock, this.#locks)
    this.#pvedaemon = new Pvedaemon(this.cluster.clock)
    this.monitor = new Monitor(this)
    this.online = true
  }

  #seconds(): number {
    return Math.floor(this.cluster.clock.now() / 1000)
  }
}
