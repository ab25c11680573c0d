import { type FaultAction, type FaultAttributes, Faults } from '../../src/lib/simulator/faults.js'

/** Misfortunes inside the nodes, ordered while the run goes on instead of by a script. */
export class Moods extends Faults {
  /** How long each of the next post-stop hooks lasts, in milliseconds. */
  readonly postStops: number[] = []
  /** The next operations of these kinds fail. */
  readonly storageFailures: string[] = []
  /** So many of the next starts fail. */
  failingStarts = 0

  override at(point: string, _attributes: FaultAttributes = {}): FaultAction | undefined {
    if (point === 'post-stop') {
      const ms = this.postStops.shift()
      return ms === undefined ? undefined : { rule: 0, do: 'delay', ms }
    }
    if (point === 'task:vzstart' && this.failingStarts > 0) {
      this.failingStarts--
      return { rule: 0, do: 'fail', message: 'startup for container failed' }
    }
    const index = this.storageFailures.findIndex((operation) => point === `storage:${operation}`)
    if (index < 0) return undefined
    this.storageFailures.splice(index, 1)
    return { rule: 0, do: 'fail', message: 'storage is out of order' }
  }

  calm(): void {
    this.postStops.length = 0
    this.storageFailures.length = 0
    this.failingStarts = 0
  }
}
