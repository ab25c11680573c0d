import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oldestFirst } from '../../../src/lib/pve/snapshot-data.js'

/** As a chain of snapshots was taken: so many in the same second, each going on from the one before. */
const chain = fc
  .array(fc.record({ name: fc.string({ minLength: 2 }), pause: fc.nat(1) }), { minLength: 1, maxLength: 8 })
  .map((taken) => {
    let snaptime = 1_700_000_000
    let parent: string | undefined
    return taken.map(({ name, pause }, index) => {
      snaptime += pause
      const snapshot = { name: `${name}${index}`, description: '', snaptime, ...(parent !== undefined && { parent }) }
      parent = snapshot.name
      return snapshot
    })
  })

test('snapshots of the same second are in the order in which they go on from each other, whatever their names', () => {
  fc.assert(
    fc.property(chain, fc.infiniteStream(fc.nat()), (taken, numbers) => {
      const current = { name: 'current', description: '', parent: taken.at(-1)?.name ?? '' }
      const listed = [...taken, current].map((one) => ({ one, at: numbers.next().value ?? 0 }))
      const shuffled = listed.toSorted((a, b) => a.at - b.at).map(({ one }) => one)
      expect(oldestFirst(shuffled).map(({ name }) => name)).toEqual([...taken, current].map(({ name }) => name))
    }),
  )
})

test('snapshots of the same second on two branches are in one order, in whichever Proxmox lists them', () => {
  const root = { name: 'root', description: '', snaptime: 1 }
  const branches = ['b', 'a', 'c'].map((name) => ({ name, description: '', snaptime: 2, parent: 'root' }))
  const leaf = { name: 'A', description: '', snaptime: 2, parent: 'c' }
  fc.assert(
    fc.property(fc.shuffledSubarray([root, ...branches, leaf], { minLength: 5 }), (listed) => {
      expect(oldestFirst(listed).map(({ name }) => name)).toEqual(['root', 'a', 'b', 'c', 'A'])
    }),
  )
})

test('one whose parents go round in a circle is no endless loop', () => {
  const [a, b] = [
    { name: 'a', description: '', snaptime: 2, parent: 'b' },
    { name: 'b', description: '', snaptime: 1, parent: 'a' },
  ]
  expect(oldestFirst([a, b]).map(({ name }) => name)).toEqual(['b', 'a'])
})
