import type { Node } from '../node.js'

/** What lives of a container: its lxc monitor with a command socket, and then its init. */
export interface RunState {
  /** `post-stop`: the socket is closed, so the container counts as stopped, but its hook still runs. */
  readonly phase: 'pre-start' | 'running' | 'post-stop'
  readonly pid: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Settles when the command socket answers, or is gone. */
  readonly answers: Promise<void>
  /** Settles when the hook has run too. */
  readonly gone: Promise<void>
}

interface Entry {
  phase: RunState['phase']
  pid: number
  readonly startedAt: number
  readonly answers: Promise<void>
  readonly gone: Promise<void>
  readonly answer: () => void
  readonly finish: () => void
  readonly ended: Promise<void>
  readonly end: () => void
}

/** What happens after a container's init has ended: unmounting and the post-stop hook. */
export type PostStop = (node: Node, vmid: number) => Promise<void>

/** The containers' processes on one node, from the first hook before the start to the last one after the stop. */
export class Monitor {
  readonly #node: Node
  readonly #entries = new Map<number, Entry>()

  constructor(node: Node) {
    this.#node = node
  }

  /** Whether the container's command socket exists: what Proxmox means by running (PVE-FACTS 3). */
  isRunning(vmid: number): boolean {
    const entry = this.#entries.get(vmid)
    return entry !== undefined && entry.phase !== 'post-stop'
  }

  /** Everything that lives. */
  vmids(): readonly number[] {
    return [...this.#entries.keys()]
  }

  state(vmid: number): RunState | undefined {
    return this.#entries.get(vmid)
  }

  /** Containers whose socket exists and does not answer yet: whoever lists the node's containers waits for them (PVE-FACTS 3.6). */
  unanswered(): readonly Promise<void>[] {
    return [...this.#entries.values()].filter(({ phase }) => phase === 'pre-start').map(({ answers }) => answers)
  }

  /** The command socket appears. */
  begin(vmid: number): void {
    this.#node.cluster.statistics.touch(vmid)
    const answers = latch()
    const gone = latch()
    const ended = latch()
    this.#entries.set(vmid, {
      phase: 'pre-start',
      pid: 0,
      startedAt: this.#node.cluster.clock.now(),
      answers: answers.promise,
      answer: answers.open,
      gone: gone.promise,
      finish: gone.open,
      ended: ended.promise,
      end: ended.open,
    })
  }

  /** The hooks before the start failed. */
  abort(vmid: number): void {
    this.#node.cluster.statistics.touch(vmid)
    this.#remove(vmid)
  }

  /** Boots init: the socket answers as soon as that has a process. */
  async boot(vmid: number, boot: () => Promise<{ readonly pid: number }>): Promise<void> {
    const { pid } = await boot()
    this.#node.cluster.statistics.touch(vmid)
    const entry = this.#entries.get(vmid)
    // An init that has ended at once is not one that runs.
    if (entry?.phase !== 'pre-start') return
    entry.phase = 'running'
    entry.pid = pid
    entry.answer()
  }

  /** Init has ended. Runs `postStop` and forgets the container; a second call while that runs does nothing. */
  async exited(vmid: number, postStop: PostStop): Promise<void> {
    const entry = this.#entries.get(vmid)
    if (entry === undefined || entry.phase === 'post-stop') return
    this.#node.cluster.statistics.touch(vmid)
    entry.phase = 'post-stop'
    entry.answer()
    entry.end()
    try {
      await postStop(this.#node, vmid)
    } finally {
      if (this.#entries.get(vmid) === entry) this.#remove(vmid)
    }
  }

  /** Settles when the container has no init any more. */
  ended(vmid: number): Promise<void> {
    return this.isRunning(vmid) ? (this.#entries.get(vmid)?.ended ?? Promise.resolve()) : Promise.resolve()
  }

  /** Settles when nothing of an earlier life is left, its hook included. */
  gone(vmid: number): Promise<void> {
    return this.#entries.get(vmid)?.gone ?? Promise.resolve()
  }

  /** What all containers take together: bytes, and cpus as a fraction of one. */
  usage(): { readonly mem: number; readonly cpus: number } {
    let mem = 0
    let cpus = 0
    const { guests } = this.#node.cluster
    for (const [vmid, { phase }] of this.#entries) {
      if (phase !== 'running' || !guests.isRunning(vmid)) continue
      const usage = guests.usage(vmid)
      mem += usage.mem
      cpus += usage.cpu
    }
    return { mem, cpus }
  }

  powerOff(): void {
    for (const vmid of [...this.#entries.keys()]) {
      this.#node.cluster.statistics.touch(vmid)
      this.#entries.delete(vmid)
    }
  }

  #remove(vmid: number): void {
    const entry = this.#entries.get(vmid)
    this.#entries.delete(vmid)
    entry?.answer()
    entry?.end()
    entry?.finish()
  }
}

function latch(): { readonly promise: Promise<void>; readonly open: () => void } {
  let open = () => {}
  const promise = new Promise<void>((resolve) => {
    open = resolve
  })
  return { promise, open }
}
