import fc from 'fast-check'
import { expect, test } from 'vitest'
import { surplusClaims } from '../../../../src/lib/pool/allocate/surplus.js'
import type { Member } from '../../../../src/lib/pool/member.js'
import { toVmid } from '../../../../src/lib/pve/client.js'

interface Held {
  readonly vmid: number
  readonly instanceId: string
  readonly at: number
  readonly supersedes?: readonly string[]
}

const member = ({ vmid, instanceId, at, supersedes }: Held): Member => ({
  vmid: toVmid(vmid),
  node: 'pve1',
  whole: true,
  hostname: instanceId,
  record: {
    version: 1,
    pool: 'test',
    vmid: toVmid(vmid),
    template: toVmid(9000),
    revision: 'r1',
    state: 'claimed',
    generation: 3,
    tier: { kind: 'stopped' },
    since: at,
    owner: 'd1',
    claim: {
      instanceId,
      id: `c${vmid}`,
      request: 'r',
      at,
      metadata: {},
      ...(supersedes !== undefined && { supersedes }),
    },
  },
  digest: '0'.repeat(40),
  description: '',
  tags: [],
  protection: true,
  running: false,
})

/** `answered`: claim ids. */
const surplus = (held: readonly Held[], ...answered: readonly string[]) =>
  surplusClaims(held.map(member), (id) => answered.includes(id))
    .map(({ member: { vmid } }) => Number(vmid))
    .toSorted()

test('of two containers of one instance the one that was claimed first stays', () => {
  expect(
    surplus([
      { vmid: 200, instanceId: 'x', at: 20 },
      { vmid: 201, instanceId: 'x', at: 10 },
      { vmid: 202, instanceId: 'y', at: 5 },
    ]),
  ).toEqual([200])
})

const older: Held = { vmid: 200, instanceId: 'x', at: 10 }
const newer: Held = { vmid: 201, instanceId: 'x', at: 20 }

test('the one that this run has answered with stays, though a claim that was carried out late is older', () => {
  expect(surplus([older, newer])).toEqual([201])
  expect(surplus([older, newer], 'c201')).toEqual([200])
})

test('certain is what was answered by this run, or that one was never answered', () => {
  const certain = (held: readonly Held[], ...answered: readonly string[]) =>
    surplusClaims(held.map(member), (id) => answered.includes(id)).map(({ isCertain }) => isCertain)
  expect(certain([older, newer])).toEqual([false])
  expect(certain([older, newer], 'c201')).toEqual([true])
  expect(certain([older, newer], 'c200')).toEqual([true])
  expect(certain([older, { ...newer, supersedes: ['c200'] }])).toEqual([true])
})

test('every daemon finds the same one, in whatever order it saw them, and each instance keeps exactly one', () => {
  const held = fc.uniqueArray(
    fc.record({
      vmid: fc.integer({ min: 200, max: 230 }),
      instanceId: fc.constantFrom('x', 'y'),
      at: fc.integer({ min: 1, max: 4 }),
    }),
    { selector: ({ vmid }) => vmid, maxLength: 8 },
  )
  fc.assert(
    fc.property(held, fc.infiniteStream(fc.nat()), (all, order) => {
      const shuffled = all
        .map((one) => ({ one, key: order.next().value }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ one }) => one)
      const gone = surplus(all)
      expect(surplus(shuffled)).toEqual(gone)
      for (const instanceId of new Set(all.map((one) => one.instanceId))) {
        expect(all.filter((one) => one.instanceId === instanceId && !gone.includes(one.vmid))).toHaveLength(1)
      }
    }),
  )
})
