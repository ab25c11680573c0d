import { expect, onTestFinished, test, vi } from 'vitest'
import { after, steadyClock, systemClock } from '../../src/lib/clock.js'

test('sleeps longer than the longest timer of Node, which would go off at once', async () => {
  const waking = new AbortController()
  const longSleep = systemClock.sleep(2 ** 31 + 1, waking.signal).catch(() => 'was woken')
  const first = await Promise.race([longSleep, systemClock.sleep(20).then(() => 'sleeps')])
  waking.abort()
  expect([first, await longSleep]).toEqual(['sleeps', 'was woken'])
})

test('calls after longer than the longest timer of Node not at once, and not at all when it is cancelled', async () => {
  const called: string[] = []
  const cancel = [
    after(systemClock, 2 ** 31 + 1, () => called.push('long')),
    after(systemClock, 5, () => called.push('cancelled')),
  ]
  cancel[1]?.()
  await new Promise<void>((resolve) => after(systemClock, 20, resolve))
  cancel[0]?.()
  expect(called).toEqual([])
})

test('makes do with the sleep of a clock that can nothing else', async () => {
  const { now, sleep } = systemClock
  const called: string[] = []
  const cancel = after({ now, sleep }, 5, () => called.push('cancelled'))
  cancel()
  await new Promise<void>((resolve) => after({ now, sleep }, 20, resolve))
  expect(called).toEqual([])
})

test('the steady clock goes on as time passes when somebody sets the clock of the machine', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  const ahead = systemClock.now() - steadyClock.now()
  expect(ahead).toBeGreaterThan(3_590_000)
  expect(ahead).toBeLessThan(3_610_000)
})
