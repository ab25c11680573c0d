import { Process, type ProcessStart } from './process.js'
import type { SignalName } from './signals.js'

/** The processes of one machine. Pids count up as a kernel's do. */
export class ProcessTable {
  readonly #processes = new Map<number, Process>()
  readonly #now: () => number
  readonly #hostPid: (() => number) | undefined
  #last: number

  /** `hostPid` numbers the processes as the node has them; absent: the machine is the node. */
  constructor(now: () => number, last = 0, hostPid?: () => number) {
    this.#now = now
    this.#last = last
    this.#hostPid = hostPid
  }

  create(parent: Process | undefined, start: ProcessStart): Process {
    this.#last++
    const process = new Process(this.#last, this.#now(), parent, start)
    if (this.#hostPid !== undefined) process.hostPid = this.#hostPid()
    this.#processes.set(process.pid, process)
    return process
  }

  /** The same process under the number that it had in an image. */
  revive(pid: number, parent: Process | undefined, start: ProcessStart): Process {
    this.#last = Math.max(this.#last, pid - 1)
    const last = this.#last
    this.#last = pid - 1
    const process = this.create(parent, start)
    this.#last = Math.max(last, pid)
    return process
  }

  /** After a restore: the node numbers everything anew. */
  renumber(): void {
    if (this.#hostPid !== undefined) for (const process of this.list()) process.hostPid = this.#hostPid()
  }

  /** The process is over: its children go to init. */
  remove(process: Process): void {
    this.#processes.delete(process.pid)
    process.end()
    const init = this.#processes.get(1)
    for (const child of this.#processes.values()) if (child.parent === process) child.parent = init
  }

  get(pid: number): Process | undefined {
    return this.#processes.get(pid)
  }

  list(): readonly Process[] {
    return [...this.#processes.values()].sort((a, b) => a.pid - b.pid)
  }

  get lastPid(): number {
    return this.#last
  }

  /** Sends a signal to a process and everything that descends from it, as a terminal does to what it started. */
  killTree(process: Process, signal: SignalName): void {
    for (const child of this.list()) if (child.parent === process) this.killTree(child, signal)
    process.deliver(signal)
  }

  killAll(): void {
    for (const process of this.list()) process.deliver('KILL')
    this.#processes.clear()
  }
}
