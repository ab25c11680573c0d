import { after, type Clock } from '../clock.js'
import type { Locks } from './lock.js'

/** What a process dies of when it is told to end (PVE-FACTS 2.3). */
export const INTERRUPTED = 'received interrupt'

/** A lock in the hands of a process. */
export interface Flock {
  readonly path: string
  release(): void
}

export interface LockRequest {
  readonly path: string
  readonly timeoutMs: number
  /** Default: that of a lock file. */
  readonly timeoutMessage?: string
  /** Default: the node's own. */
  readonly locks?: Locks
  /** Called when somebody else has the lock, and again when it was granted after that. */
  readonly onWait?: () => void
  readonly onGranted?: () => void
}

interface Wait {
  readonly reject: (error: Error) => void
  readonly abandon: () => void
}

/**
 * A process on a node: an API daemon or a worker. Everything it waits for goes through it, so that it can be interrupted (SIGTERM: the
 * wait rejects and the code cleans up) or killed (SIGKILL: the code never goes on, no catch or finally of it runs, and only what the
 * kernel knows of, its flocks, is released).
 */
export class Process {
  protected readonly clock: Clock
  readonly #locks: Locks
  readonly #waits = new Set<Wait>()
  readonly #flocks = new Set<Flock>()
  #interrupt: Error | undefined
  #killed = false

  constructor(clock: Clock, locks: Locks) {
    this.clock = clock
    this.#locks = locks
  }

  get killed(): boolean {
    return this.#killed
  }

  /** Simulated milliseconds; 0 does not even yield. */
  async sleep(ms: number): Promise<void> {
    if (ms <= 0 && !this.#killed && this.#interrupt === undefined) return
    let cancel = () => {}
    const over = new Promise<void>((resolve) => {
      cancel = after(this.clock, ms, resolve)
    })
    await this.#wait(over, cancel)
  }

  /** Whether `work` settles within `ms`; it goes on whatever becomes of this process. */
  async settles(work: Promise<unknown>, ms: number): Promise<boolean> {
    let cancel = () => {}
    const timeout = new Promise<false>((resolve) => {
      cancel = after(this.clock, Math.max(0, ms), () => resolve(false))
    })
    try {
      return await this.#wait(Promise.race([work.then(() => true), timeout]), cancel)
    } finally {
      cancel()
    }
  }

  /** Waits for something that goes on whatever becomes of this process. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.#wait(work, () => {})
  }

  /** Takes the lock, or rejects with Proxmox's text when it waited too long (PVE-FACTS 3). */
  async flock({
    path,
    timeoutMs,
    timeoutMessage,
    locks = this.#locks,
    onWait,
    onGranted,
  }: LockRequest): Promise<Flock> {
    const contended = locks.isHeld(path)
    if (contended) onWait?.()
    const ticket = locks.acquire(path, timeoutMs, timeoutMessage)
    const flock: Flock = {
      path,
      release: () => {
        this.#flocks.delete(flock)
        ticket.release()
      },
    }
    this.#flocks.add(flock)
    await this.#wait(ticket.granted, flock.release)
    if (contended) onGranted?.()
    return flock
  }

  /** Runs `work` under the lock. */
  async locked<T>(request: LockRequest, work: () => Promise<T> | T): Promise<T> {
    const flock = await this.flock(request)
    try {
      return await work()
    } finally {
      flock.release()
    }
  }

  /** Takes over a lock that the parent holds, as a child that inherits the descriptor does. */
  adopt(flock: Flock): void {
    this.#flocks.add(flock)
  }

  /** Lets go of a lock without releasing it: a child has it now. */
  disown(flock: Flock): void {
    this.#flocks.delete(flock)
  }

  /** SIGTERM: whatever it waits for now, or next, rejects with this text. */
  interrupt(message = INTERRUPTED): void {
    const error = new Error(message)
    if (this.#waits.size === 0) this.#interrupt = error
    for (const wait of [...this.#waits]) {
      this.#waits.delete(wait)
      wait.abandon()
      wait.reject(error)
    }
  }

  /** SIGKILL. */
  kill(): void {
    this.#killed = true
    for (const wait of this.#waits) wait.abandon()
    this.#waits.clear()
    this.releaseFlocks()
  }

  protected releaseFlocks(): void {
    for (const flock of [...this.#flocks]) flock.release()
    this.#flocks.clear()
  }

  #wait<T>(work: Promise<T>, abandon: () => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      work.catch(() => {})
      if (this.#killed) return abandon()
      if (this.#interrupt !== undefined) {
        reject(this.#interrupt)
        this.#interrupt = undefined
        return abandon()
      }
      const wait: Wait = { reject, abandon }
      this.#waits.add(wait)
      work.then(
        (value) => this.#waits.delete(wait) && resolve(value),
        (error: unknown) => this.#waits.delete(wait) && reject(error),
      )
    })
  }
}
