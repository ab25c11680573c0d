import { after, type Clock } from '../clock.js'
import { ApiError } from './api/api-error.js'

/** How many calls a node's pvedaemon works on at a time. */
const WORKERS = 3
/** After this time the proxy in front of it gives up (PVE-FACTS 1.5). */
const PROXY_TIMEOUT_MS = 30_000

/** The calls that run in pvedaemon: three at a time, the others wait in the order they came. */
export class Pvedaemon {
  readonly #clock: Clock
  #free = WORKERS
  readonly #waiting: (() => void)[] = []
  readonly #calls = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Runs the call as soon as a worker is free. After 30 s the caller gets a 596, while the call goes on and is applied
   * (PVE-FACTS 9); when the node loses power it gets a 595 and the call is over.
   */
  call<T>(work: () => Promise<T> | T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const tooLate = () => reject(new ApiError(596, 'Connection timed out'))
      const cancel = after(this.#clock, PROXY_TIMEOUT_MS, tooLate)
      const lose = () => {
        cancel()
        reject(new ApiError(595, 'Connection refused'))
      }
      this.#calls.add(lose)
      const done = () => {
        cancel()
        this.#calls.delete(lose)
        this.#release()
      }
      const begin = async () => {
        try {
          resolve(await work())
        } catch (error) {
          reject(error)
        } finally {
          done()
        }
      }
      if (this.#free > 0) {
        this.#free--
        void begin()
      } else {
        this.#waiting.push(() => void begin())
      }
    })
  }

  /** The node went down: nobody gets an answer any more. */
  powerOff(): void {
    for (const lose of this.#calls) lose()
    this.#calls.clear()
    this.#waiting.length = 0
  }

  #release(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
