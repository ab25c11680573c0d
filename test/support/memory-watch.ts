import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/**
 * Tells by how much what this process keeps in memory grows. Resident memory and the plain size of the heap tell when V8
 * collects garbage, which is another question: here garbage is collected, though only when there seems to be too much.
 */
export class MemoryWatch {
  readonly #limit: number
  readonly #before: number
  #growth = 0

  /** Growth below the limit (bytes) is not looked into: it is told with the garbage that is in it. */
  constructor(limit: number) {
    this.#limit = limit
    collectGarbage()
    this.#before = inUse()
  }

  /** Looks at what is kept now, unless it was too much before. */
  look(): void {
    if (this.#growth >= this.#limit) return
    if (inUse() - this.#before >= this.#limit) collectGarbage()
    this.#growth = Math.max(this.#growth, inUse() - this.#before)
  }

  /** By how much more than at the start was kept, at the look that found most: bytes. */
  get growth(): number {
    return this.#growth
  }
}

/** Twice, as buffers outside the heap are freed beside the program, and the next collection waits for that. */
function collectGarbage(): void {
  collect()
  collect()
}

/** The heap, and the buffers outside it: bytes. */
function inUse(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
