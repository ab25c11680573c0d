import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { playDemo } from '../../src/lib/demo/demo.js'
import type { Stage } from '../../src/lib/demo/step.js'
import { STEPS } from '../../src/lib/demo/steps.js'
import { cmux } from '../support/cli.js'

const demoFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('cmux-pve-demo-'))

test('the demo plays every step on an embedded node, ends with 0 and leaves nothing behind', async () => {
  const before = demoFolders()
  const result = await cmux(['demo', '--json'])
  expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  expect(result.json()).toMatchObject({ ok: true, data: { steps: STEPS.map(({ title }) => ({ title, ok: true })) } })
  expect(demoFolders()).toEqual(before)
}, 60_000)

test('Ctrl-C ends the demo with 130 and leaves nothing behind', async () => {
  const before = demoFolders()
  const result = await cmux(['demo'], { signal: { name: 'SIGINT', after: /^Build a template$/m } })
  expect(result).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('nterrupted') })
  expect(demoFolders()).toEqual(before)
}, 60_000)

test('a step that does not do what it says ends the demo, and says what was found', async () => {
  const stage = { context: { clock: { now: () => 0 } } } as Stage
  const told: string[] = []
  const results = await playDemo(stage, (title) => ({
    succeed: () => told.push(`${title} ok`),
    fail: (text) => told.push(text),
  }))
  expect(results).toHaveLength(1)
  expect(results[0]).toMatchObject({ title: 'Connect', ok: false })
  expect(told).toEqual([expect.stringMatching(/^Connect: /)])
})
