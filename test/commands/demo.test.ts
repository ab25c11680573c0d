import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { playDemo } from '../../src/lib/demo/demo.js'
import type { Stage } from '../../src/lib/demo/step.js'
import { STEPS } from '../../src/lib/demo/steps.js'
import { cmux } from '../support/cli.js'

interface Burst {
  readonly requests: number
  readonly answered: readonly number[]
  readonly fromPool: number
  readonly failures: Readonly<Record<string, number>>
}

interface Demonstration {
  readonly data: { readonly bursts: readonly Readonly<Record<'without' | 'pooled', Burst>>[] }
}

/** A folder for temporary files that nobody else uses. */
function temporaryFolder(): { readonly env: { readonly TMPDIR: string }; left(): readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'demo-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return { env: { TMPDIR: folder }, left: () => readdirSync(folder) }
}

test('the demo plays every step on an embedded node, ends with 0 and leaves nothing behind', async () => {
  const { env, left } = temporaryFolder()
  const result = await cmux(['demo', '--json'], { env })
  expect(result, result.stdout).toMatchObject({ exitCode: 0, stderr: '' })
  expect(result.json()).toMatchObject({ ok: true, data: { steps: STEPS.map(({ title }) => ({ title, ok: true })) } })
  expect(left()).toEqual([])
  // The story: of those who have no pool few get one, and the others hear what Proxmox says; who has one gets all.
  const { bursts } = (result.json() as Demonstration).data
  expect(bursts.map(({ without }) => without.requests)).toEqual([1, 5, 10])
  for (const { without, pooled } of bursts) {
    expect(pooled).toMatchObject({ failures: {}, answered: { length: without.requests } })
    expect(pooled.fromPool).toBeGreaterThanOrEqual(Math.min(5, without.requests))
    const locked = without.requests - without.answered.length
    const sentence = 'container 9100 on node pve1: CT is locked (disk)'
    expect(without.failures).toEqual(locked === 0 ? {} : { [sentence]: locked })
  }
  expect(bursts.at(-1)?.without.answered.length).toBeLessThan(10)
}, 90_000)

test('Ctrl-C ends the demo with 130 and leaves nothing behind', async () => {
  const { env, left } = temporaryFolder()
  const result = await cmux(['demo'], { env, signal: { name: 'SIGINT', after: /^Build a template$/m } })
  expect(result).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('nterrupted') })
  expect(left()).toEqual([])
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
