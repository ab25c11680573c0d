import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FairQueue } from '../../../../src/lib/pool/allocate/fair-queue.js'

const client = fc.constantFrom('a', 'b', 'c')
const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), client }),
  fc.record({ kind: fc.constant('serve' as const) }),
  fc.record({ kind: fc.constant('leave' as const), index: fc.nat() }),
)

test('nobody is served who has more served before them since they came than each other client had places', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new FairQueue<number>()
      let count = 0
      /** By item: how often each client was served while it waited, and how many of its own were before it. */
      const waiting = new Map<number, { client: string; own: number; served: Map<string, number> }>()
      for (const one of steps) {
        const places = queue.inOrder()
        if (one.kind === 'add') {
          waiting.set(count, { client: one.client, own: queue.waitingOf(one.client), served: new Map() })
          queue.add(one.client, count++)
        } else if (one.kind === 'leave') {
          const place = places[one.index % Math.max(1, places.length)]
          if (place === undefined) continue
          queue.remove(place, 'left')
          waiting.delete(place.item)
        } else {
          const [place] = places
          if (place === undefined) continue
          queue.remove(place, 'served')
          waiting.delete(place.item)
          for (const other of waiting.values()) {
            other.served.set(place.client, (other.served.get(place.client) ?? 0) + 1)
          }
          for (const { client: mine, own, served } of waiting.values()) {
            for (const [name, times] of served) if (name !== mine) expect(times).toBeLessThanOrEqual(own + 2)
          }
        }
        expect(queue.size).toBe(waiting.size)
      }
    }),
  )
})

test('clients with one place each are served in the order in which they came', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 30 }), (clients) => {
      const queue = new FairQueue<string>()
      for (const name of clients) queue.add(name, name)
      expect(queue.inOrder().map(({ item }) => item)).toEqual(clients)
    }),
  )
})

test('how many are ahead of a newcomer is where it stands afterwards', () => {
  fc.assert(
    fc.property(fc.array(client, { maxLength: 30 }), client, (before, newcomer) => {
      const queue = new FairQueue<number>()
      for (const [index, name] of before.entries()) queue.add(name, index)
      const ahead = queue.ahead(newcomer)
      const place = queue.add(newcomer, -1)
      expect(queue.inOrder().indexOf(place)).toBe(ahead)
    }),
  )
})
