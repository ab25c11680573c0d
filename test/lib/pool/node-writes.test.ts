import { expect, test } from 'vitest'
import { deferred } from '../../../src/lib/pool/deferred.js'
import { NodeWrites } from '../../../src/lib/pool/node-writes.js'

/** Writes that are on their way until they are told to end. */
function slowWrites() {
  const sent: string[] = []
  const ends = new Map<string, () => void>()
  const writes = new NodeWrites(() => undefined)
  return {
    sent,
    begin: (name: string, { node = 'pve1', first = false } = {}) =>
      writes.run(
        node,
        () => {
          sent.push(name)
          const end = deferred()
          ends.set(name, () => end.resolve())
          return end.promise
        },
        { first },
      ),
    end: (name: string) => ends.get(name)?.(),
  }
}

test('never more than three changes are on their way to one node, and others do not wait for it', async () => {
  const { sent, begin, end } = slowWrites()
  const first = begin('a')
  for (const name of ['b', 'c', 'd', 'e']) void begin(name)
  void begin('elsewhere', { node: 'pve2' })
  expect(sent).toEqual(['a', 'b', 'c', 'elsewhere'])
  end('a')
  await first
  expect(sent).toEqual(['a', 'b', 'c', 'elsewhere', 'd'])
})

test('what more than its own caller waits for goes before others that wait', async () => {
  const { sent, begin, end } = slowWrites()
  const first = begin('a')
  for (const name of ['b', 'c', 'label']) void begin(name)
  void begin('clone', { first: true })
  end('a')
  await first
  expect(sent).toEqual(['a', 'b', 'c', 'clone'])
})

test('a change that fails is told of, and lets the next one pass', async () => {
  const refusals: unknown[] = []
  const writes = new NodeWrites((error) => refusals.push(error))
  const refusal = new Error('no quorum')
  const failing = writes.run('pve1', () => Promise.reject(refusal))
  await expect(failing).rejects.toBe(refusal)
  expect(refusals).toEqual([refusal])
  expect(await writes.run('pve1', async () => 1)).toBe(1)
})
