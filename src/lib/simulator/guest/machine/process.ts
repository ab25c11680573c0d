import { type SignalName, signalNumber } from './signals.js'

/** Thrown inside a process that a signal has ended. */
export class Killed extends Error {
  override readonly name = 'Killed'
  readonly signal: SignalName

  constructor(signal: SignalName) {
    super(`killed by SIG${signal}`)
    this.signal = signal
  }

  get status(): number {
    return 128 + signalNumber(this.signal)
  }
}

/** What a new process gets from its parent. */
export interface ProcessStart {
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly umask: number
  /** Started from outside, by lxc-attach: neither its parent nor the leader of its session is one of the machine's. */
  readonly attached?: boolean
}

/** One process of a machine: what /proc tells of it, and the way to end it. */
export class Process implements ProcessStart {
  readonly pid: number
  /** Its number on the node; another one after a restore. */
  hostPid: number
  readonly attached: boolean
  /** In a session whose leader is outside; children are too, until one begins a session of its own. */
  foreignSession: boolean
  readonly startedAt: number
  argv: readonly string[]
  environment: Readonly<Record<string, string>>
  cwd: string
  umask: number
  readonly uid: number
  readonly gid: number
  parent: Process | undefined
  /** Signals that the program handles itself; undefined as a handler: ignored. */
  readonly handlers = new Map<SignalName, (() => void) | undefined>()
  readonly #abort = new AbortController()
  readonly #endings: (() => void)[] = []

  constructor(pid: number, startedAt: number, parent: Process | undefined, start: ProcessStart) {
    this.pid = pid
    this.hostPid = pid
    this.startedAt = startedAt
    this.parent = parent
    this.argv = start.argv
    this.environment = start.environment
    this.cwd = start.cwd
    this.uid = start.uid
    this.gid = start.gid
    this.umask = start.umask
    this.attached = start.attached === true
    this.foreignSession = this.attached || parent?.foreignSession === true
  }

  /** Aborted, with Killed as the reason, when a signal ends the process. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Does something as soon as the process is over. */
  onEnd(action: () => void): void {
    this.#endings.push(action)
  }

  /** The process is over. */
  end(): void {
    for (const action of this.#endings.splice(0)) action()
  }

  deliver(signal: SignalName): void {
    if (this.signal.aborted || signal === 'CHLD' || signal === 'CONT' || signal === 'WINCH') return
    if (signal !== 'KILL' && this.handlers.has(signal)) {
      this.handlers.get(signal)?.()
      return
    }
    this.#abort.abort(new Killed(signal))
  }
}
