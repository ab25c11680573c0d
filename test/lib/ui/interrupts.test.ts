import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { afterGrace, catchInterrupts } from '../../../src/lib/ui/interrupts.js'

test('as many calls as a command makes at once may listen to its signals without a warning', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  const interrupts = catchInterrupts()
  onTestFinished(() => {
    process.off('warning', onWarning)
    interrupts.stop()
  })
  for (const signal of [interrupts.signal, afterGrace(interrupts.signal, 300)])
    for (let call = 0; call < 50; call += 1) signal.addEventListener('abort', () => {})
  // Warnings come a turn later.
  await delay(0)
  expect(warnings).toEqual([])
})
