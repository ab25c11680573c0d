import { expect, test } from 'vitest'
import { systemClock } from '../../src/lib/clock.js'

test('sleeps longer than the longest timer of Node, which would go off at once', async () => {
  const waking = new AbortController()
  const longSleep = systemClock.sleep(2 ** 31 + 1, waking.signal).catch(() => 'was woken')
  const first = await Promise.race([longSleep, systemClock.sleep(20).then(() => 'sleeps')])
  waking.abort()
  expect([first, await longSleep]).toEqual(['sleeps', 'was woken'])
})
