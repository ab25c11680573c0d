import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withRecordedNode } from '../../support/conformance.js'

const FOLDER = join(import.meta.dirname, '../../fixtures/conformance')
/** Most of a scenario is waiting for tasks: several replays at once, with VMIDs of their own, do not disturb each other. */
const REPLAYS = 4

test('the simulator answers all 62 recorded scenarios as the real node did', { timeout: 120_000 }, async () => {
  const files = readdirSync(join(FOLDER, 'scenarios')).map((name) => join(FOLDER, 'scenarios', name))
  const shares = Array.from({ length: REPLAYS }, (_, share) => files.filter((_, index) => index % REPLAYS === share))
  const printed: string[] = []
  const codes = await withRecordedNode(FOLDER, (replay) =>
    Promise.all(
      shares.map((scenarios, share) =>
        replay({ scenarios, base: 300 + 10 * share, print: (text) => void printed.push(text) }),
      ),
    ),
  )
  const lines = printed.join('').trimEnd().split('\n')
  expect(lines.filter((line) => !/^ok |^\d+ passed, 0 failed, 0 skipped$/.test(line))).toEqual([])
  expect(lines.filter((line) => line.startsWith('ok '))).toHaveLength(62)
  expect(codes).toEqual(shares.map(() => 0))
})
