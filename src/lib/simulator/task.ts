import type { Faults } from './faults.js'
import type { Flock, LockRequest } from './process.js'
import { Process } from './process.js'
import type { UpidParts } from './upid.js'

/** How a worker ended. */
export interface TaskEnd {
  /** `OK`, `WARNINGS: n` or the text of the error (PVE-FACTS 2.3). */
  readonly exitstatus: string
  /** What it died of. */
  readonly error?: unknown
  readonly warnings: number
}

export interface WorkerOptions {
  readonly upid: string
  readonly parts: UpidParts
  readonly run: (worker: Worker) => Promise<void>
  /** Milliseconds until the forked process has its log and begins. */
  readonly forkMs: number
  /** Attributes of the fault points of this task, such as its vmid. */
  readonly attributes: Readonly<Record<string, string | number>>
  readonly faults: Faults
  /** Each line of the log, the last one included. */
  readonly onLog: (line: string) => void
  /** More text on the last line. */
  readonly onLogMore: (text: string) => void
  /** Each line the operation prints, for a terminal in the foreground. */
  readonly onOutput?: ((line: string) => void) | undefined
  readonly onEnd: (end: TaskEnd) => void
  readonly onPowerCut: (writes: number, downMs: number) => void
}

/** The exit status of a worker that had no chance to write its last line (PVE-FACTS 2.3). */
export const UNEXPECTED_STATUS = 'unexpected status'

/** A forked worker: the process behind a task. Operations print, warn and wait through it. */
export class Worker extends Process {
  readonly upid: string
  readonly parts: UpidParts
  /** Resolves, never rejects, when the process is gone. */
  readonly finished: Promise<TaskEnd>
  /** The text of a SIGTERM that an operation handles itself (PVE-FACTS 2.3). */
  interruptMessage: string | undefined
  readonly #options: WorkerOptions
  #warnings = 0
  #terminated = false
  #resolve: (end: TaskEnd) => void = () => {}

  constructor(process: ConstructorParameters<typeof Process>, options: WorkerOptions) {
    super(...process)
    this.upid = options.upid
    this.parts = options.parts
    this.#options = options
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve
    })
    void this.#live()
  }

  /** The process is gone. */
  get terminated(): boolean {
    return this.#terminated
  }

  print(line: string): void {
    if (this.#terminated) return
    this.#options.onLog(line)
    this.#options.onOutput?.(line)
  }

  /** Continues the last line. */
  printMore(text: string): void {
    if (!this.#terminated) this.#options.onLogMore(text)
  }

  /** Counts: the task ends with `WARNINGS: n`. */
  warn(message: string): void {
    this.#warnings++
    this.print(`WARN: ${message}`)
  }

  /** Says in the log that it waits, as Proxmox does. */
  override async flock(request: LockRequest): Promise<Flock> {
    const onWait = () => this.print('trying to acquire lock...')
    const onGranted = () => this.#options.onLogMore(' OK')
    return super.flock({ onWait, onGranted, ...request })
  }

  override interrupt(message = this.interruptMessage): void {
    if (!this.#terminated) super.interrupt(message)
  }

  /** SIGKILL: the log ends where it is, configuration locks stay. */
  override kill(): void {
    if (this.#terminated) return
    super.kill()
    this.#end({ exitstatus: UNEXPECTED_STATUS, error: new Error(UNEXPECTED_STATUS), warnings: this.#warnings })
  }

  /** A named moment of the operation at which a fault script may strike: `step:<type>.<phase>`. */
  step(phase: string, attributes: Readonly<Record<string, string | number>> = {}): Promise<void> {
    return this.fault(`step:${this.parts.type}.${phase}`, attributes)
  }

  /** Does what the fault script orders for this point. */
  async fault(point: string, attributes: Readonly<Record<string, string | number>> = {}): Promise<void> {
    const action = this.#options.faults.at(point, { ...this.#options.attributes, ...attributes })
    if (action === undefined) return
    if (action.do === 'fail') throw new Error(action.message ?? `fault injected at ${point}`)
    if (action.do === 'delay') return this.sleep(action.ms ?? 1000)
    if (action.do === 'kill-worker') this.kill()
    if (action.do === 'power-cut') this.#options.onPowerCut(action.writes ?? 0, action.ms ?? 0)
    if (this.killed) await this.run(new Promise<never>(() => {}))
  }

  async #live(): Promise<void> {
    try {
      await this.sleep(this.#options.forkMs)
      await this.fault(`task:${this.parts.type}`)
      await this.#options.run(this)
      const exitstatus = this.#warnings > 0 ? `WARNINGS: ${this.#warnings}` : 'OK'
      this.#options.onLog(`TASK ${exitstatus}`)
      this.#end({ exitstatus, warnings: this.#warnings })
    } catch (error) {
      const exitstatus = errorText(error)
      this.#options.onLog(`TASK ERROR: ${exitstatus}`)
      this.#end({ exitstatus, error, warnings: this.#warnings })
    }
  }

  #end(end: TaskEnd): void {
    if (this.#terminated) return
    this.#terminated = true
    this.releaseFlocks()
    this.#options.onEnd(end)
    this.#resolve(end)
  }
}

/** The message of an error, on one line. */
function errorText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.trimEnd().replaceAll('\n', ' ')
}
