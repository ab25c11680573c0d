import { describe, expect, it } from 'vitest'
import { clusterClock } from '../../../src/lib/pool/cluster-clock.js'
import { VirtualClock } from '../../../src/lib/simulator/virtual-clock.js'

describe('the clock of a pool', () => {
  const own = new VirtualClock(1_000_000)

  it('is its own before the cluster has answered', () => {
    expect(clusterClock(own, { clockOffset: undefined }).now()).toBe(1_000_000)
  })

  it('goes by the cluster when the machine is wrong, to the half of a second that an answer leaves open', () => {
    expect(clusterClock(own, { clockOffset: -3_600_400 }).now()).toBe(1_000_000 - 3_600_400 + 500)
  })

  it('does not tremble with the seconds of the answers', () => {
    const client = { clockOffset: -900 }
    const clock = clusterClock(own, client)
    const before = clock.now()
    client.clockOffset = -20
    expect(clock.now()).toBe(before)
  })

  it('measures durations by the machine, whatever time the cluster tells meanwhile', () => {
    const client: { clockOffset: number | undefined } = { clockOffset: undefined }
    const clock = clusterClock(own, client)
    const [began, day] = [clock.steady(), clock.now()]
    client.clockOffset = 3_600_000
    expect([clock.steady() - began, clock.now() - day]).toEqual([0, 3_600_500])
  })
})
