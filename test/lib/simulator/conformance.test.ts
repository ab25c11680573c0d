import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replayConformance } from '../../support/conformance.js'

test('the simulator answers every recorded scenario as the real node did', { timeout: 120_000 }, async () => {
  let output = ''
  const exitCode = await replayConformance({
    folder: join(import.meta.dirname, '../../fixtures/conformance'),
    scenarios: [],
    print: (text) => {
      output += text
    },
  })
  expect(
    output
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('ok ')),
  ).toEqual(['62 passed, 0 failed, 0 skipped'])
  expect(exitCode).toBe(0)
})
