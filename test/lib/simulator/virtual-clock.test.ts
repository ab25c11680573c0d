import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/lib/simulator/virtual-clock.js'

describe('virtual time', () => {
  test('only moves when told to', async () => {
    const clock = new VirtualClock(1000)
    let woke = false
    void clock.sleep(50).then(() => {
      woke = true
    })
    await clock.advance(49)
    expect({ woke, now: clock.now() }).toEqual({ woke: false, now: 1049 })
    await clock.advance(1)
    expect(woke).toBe(true)
  })

  test('fires timers by deadline, then by the order they were set', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }), async (delays) => {
        const clock = new VirtualClock(0)
        const fired: [number, number][] = []
        for (const [index, ms] of delays.entries()) void clock.sleep(ms).then(() => fired.push([clock.now(), index]))
        await clock.runUntilIdle()
        const expected = [...delays.entries()].map(([index, ms]) => [ms, index])
        expect(fired).toEqual(expected.sort(([a = 0, i = 0], [b = 0, j = 0]) => a - b || i - j))
      }),
    )
  })

  test('lets whole chains of promises settle between two timers', async () => {
    const clock = new VirtualClock()
    const events: string[] = []
    const chain = async (name: string, ms: number) => {
      await clock.sleep(ms)
      for (let link = 0; link < 50; link++) await Promise.resolve()
      events.push(name)
      await clock.sleep(5)
      events.push(`${name} again`)
    }
    void chain('a', 1)
    void chain('b', 2)
    await clock.advance(100)
    expect(events).toEqual(['a', 'b', 'a again', 'b again'])
  })

  test('a sleep that is aborted rejects with the reason and holds nobody up', async () => {
    const clock = new VirtualClock(0)
    const abort = new AbortController()
    const sleep = clock.sleep(1_000_000, abort.signal)
    abort.abort(new Error('enough'))
    await expect(sleep).rejects.toThrow('enough')
    await clock.runUntilIdle()
    expect(clock.now()).toBe(0)
    await expect(clock.sleep(1, abort.signal)).rejects.toThrow('enough')
  })

  test('runs as far as a promise needs, and says when nothing can settle it', async () => {
    const clock = new VirtualClock(0)
    expect(await clock.settled(clock.sleep(30).then(() => 'done'))).toBe('done')
    expect(clock.now()).toBe(30)
    await expect(clock.settled(new Promise(() => {}))).rejects.toThrow('nothing is left')
  })
})
