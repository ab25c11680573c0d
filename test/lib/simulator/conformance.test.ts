import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withRecordedNode } from '../../support/conformance.js'

const FOLDER = join(import.meta.dirname, '../../fixtures/conformance')
/** Most of a scenario is waiting for tasks: several replays at once, with VMIDs of their own, do not disturb each other. */
const REPLAYS = 4

test('the simulator answers all 62 recorded scenarios as the real node did', { timeout: 120_000 }, async () => {
  const files = readdirSync(join(FOLDER, 'scenarios')).map((name) => join(FOLDER, 'scenarios', name))
  let printed = ''
  await withRecordedNode(FOLDER, (replay) =>
    Promise.all(
      Array.from({ length: REPLAYS }, (_, index) => {
        const scenarios = files.filter((_file, at) => at % REPLAYS === index)
        return replay({ scenarios, base: 300 + 10 * index, print: (text) => (printed += text) })
      }),
    ),
  )
  const lines = printed.trimEnd().split('\n')
  expect(lines.filter((line) => !/^ok |^\d+ passed, 0 failed, 0 skipped$/.test(line))).toEqual([])
  expect(lines.filter((line) => line.startsWith('ok '))).toHaveLength(62)
})
