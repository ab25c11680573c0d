import { after, type Clock } from '../clock.js'

/** A lock that is held or waited for. `release` also gives up waiting; a second release does nothing. */
export interface LockTicket {
  readonly granted: Promise<void>
  release(): void
}

interface Waiter {
  grant(): void
}

/**
 * The advisory locks of one node (or, for shared storages, of the cluster), by path. Whoever asks first gets it first; who waits longer
 * than its timeout gets an Error with Proxmox's text (PVE-FACTS 3).
 */
export class Locks {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Waiter[]>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isHeld(path: string): boolean {
    return this.#waiting.has(path)
  }

  /** `timeoutMessage`: the text of the Error after `timeoutMs`. */
  acquire(path: string, timeoutMs: number, timeoutMessage = `can't lock file '${path}' - got timeout`): LockTicket {
    const queue = this.#waiting.get(path)
    if (queue !== undefined) return this.#wait(path, queue, timeoutMs, timeoutMessage)
    this.#waiting.set(path, [])
    return { granted: Promise.resolve(), release: once(() => this.#next(path)) }
  }

  #wait(path: string, queue: Waiter[], timeoutMs: number, timeoutMessage: string): LockTicket {
    let cancel = () => {}
    let held = false
    let waiter: Waiter
    const leave = () => {
      cancel()
      const place = queue.indexOf(waiter)
      if (place >= 0) queue.splice(place, 1)
    }
    const granted = new Promise<void>((resolve, reject) => {
      waiter = {
        grant() {
          held = true
          cancel()
          resolve()
        },
      }
      queue.push(waiter)
      const tooLate = () => {
        if (held) return
        leave()
        reject(new Error(timeoutMessage))
      }
      cancel = after(this.#clock, timeoutMs, tooLate)
    })
    return { granted, release: once(() => (held ? this.#next(path) : leave())) }
  }

  #next(path: string): void {
    const waiter = this.#waiting.get(path)?.shift()
    if (waiter === undefined) this.#waiting.delete(path)
    else waiter.grant()
  }
}

function once(action: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    action()
  }
}
