import { expect, test } from 'vitest'
import { CmuxError } from '../../../src/lib/errors.js'
import { type BatchOutcome, distinctContainers, runBatch, settleBatch } from '../../../src/lib/instance/batch.js'

const failing = (codes: Readonly<Record<string, 'timeout' | 'not-found'>>) => async (reference: string) => {
  const code = codes[reference]
  if (code !== undefined) throw new CmuxError(code, `${reference} failed`)
  return { vmid: reference }
}

test('the others finish when one fails, and each is reported as it ends', async () => {
  const reported: BatchOutcome<unknown>[] = []
  const outcomes = await runBatch(['a', 'b', 'c'], failing({ b: 'not-found' }), (outcome) => reported.push(outcome))
  expect(outcomes.map(({ reference, ok }) => [reference, ok])).toEqual([
    ['a', true],
    ['b', false],
    ['c', true],
  ])
  expect(reported).toHaveLength(3)
})

test('a container that is named twice is done once, by whichever words', async () => {
  const find = async (hostname: string) => {
    if (hostname === 'web') return { vmid: 101 }
    throw new CmuxError('not-found', `there is no container named '${hostname}'`)
  }
  expect(await distinctContainers(['a', '102', 'a'], find)).toEqual(['a', '102'])
  expect(await distinctContainers(['102', 'web', '101', '0102'], find)).toEqual(['102', 'web'])
  expect(await distinctContainers(['none', '101', 'nothing', 'web'], find)).toEqual(['none', '101', 'nothing'])
})

test('hostnames are looked up beside others only', async () => {
  const refuse = () => Promise.reject(new Error('not to be called'))
  expect(await distinctContainers(['web'], refuse)).toEqual(['web'])
  expect(await distinctContainers(['101', '102'], refuse)).toEqual(['101', '102'])
})

test('a few run at a time, no more', async () => {
  let [running, most] = [0, 0]
  const work = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
  }
  await runBatch(
    Array.from({ length: 12 }, (_, index) => String(index)),
    work,
    () => {},
  )
  expect(most).toBe(3)
})

test('a single one gives its own value or its own error', async () => {
  expect(settleBatch(await runBatch(['a'], failing({}), () => {}), 'stop')).toEqual({ vmid: 'a' })
  const outcomes = await runBatch(['a'], failing({ a: 'not-found' }), () => {})
  expect(() => settleBatch(outcomes, 'stop')).toThrow('a failed')
})

test('several give a list, or an error with the exit code of the worst and everything in its data', async () => {
  expect(settleBatch(await runBatch(['a', 'b'], failing({}), () => {}), 'stop')).toEqual([{ vmid: 'a' }, { vmid: 'b' }])
  const outcomes = await runBatch(['a', 'b', 'c'], failing({ a: 'not-found', b: 'timeout' }), () => {})
  expect(() => settleBatch(outcomes, 'stop')).toThrow(
    expect.objectContaining({
      code: 'timeout',
      exitCode: 124,
      message: 'Could not stop 2 of 3 containers',
      data: [
        { reference: 'a', ok: false, error: { code: 'not-found', message: 'a failed' } },
        { reference: 'b', ok: false, error: { code: 'timeout', message: 'b failed' } },
        { reference: 'c', ok: true, data: { vmid: 'c' } },
      ],
    }),
  )
})

test('a bug is not dressed up as an outcome', async () => {
  await expect(
    runBatch(
      ['a'],
      () => Promise.reject(new TypeError('bug')),
      () => {},
    ),
  ).rejects.toThrow('bug')
})
