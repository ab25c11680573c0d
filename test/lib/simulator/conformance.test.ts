import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withRecordedNode } from '../../support/conformance.js'

const FOLDER = join(import.meta.dirname, '../../fixtures/conformance')
/** Most of a scenario is waiting for tasks: several replays at once, with VMIDs of their own, do not disturb each other. */
const REPLAYS = 4

test('the simulator answers all 62 recorded scenarios as the real node did', { timeout: 120_000 }, async () => {
  // Taken from the end: the longest of them are there.
  const waiting = readdirSync(join(FOLDER, 'scenarios')).map((name) => join(FOLDER, 'scenarios', name))
  let printed = ''
  await withRecordedNode(FOLDER, async (replay) => {
    const replayWaiting = async (base: number) => {
      for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
        await replay({ scenarios: [file], base, print: (text) => (printed += text) })
      }
    }
    await Promise.all(Array.from({ length: REPLAYS }, (_, index) => replayWaiting(300 + 10 * index)))
  })
  const lines = printed.trimEnd().split('\n')
  expect(lines.filter((line) => !/^ok |^1 passed, 0 failed, 0 skipped$/.test(line))).toEqual([])
  expect(lines.filter((line) => line.startsWith('ok '))).toHaveLength(62)
})
