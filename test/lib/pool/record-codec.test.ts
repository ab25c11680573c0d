import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PoolRecord } from '../../../src/lib/pool/record.js'
import { recordIn, withoutRecord, withRecord } from '../../../src/lib/pool/record-codec.js'
import { toVmid } from '../../../src/lib/pve/client.js'

const READY: PoolRecord = {
  version: 1,
  pool: 'default',
  vmid: toVmid(200),
  template: toVmid(9009),
  revision: 'abc',
  state: 'ready',
  generation: 3,
  tier: { kind: 'stopped' },
  since: 1_800_000_000,
  owner: 'daemon-1',
}

// Objects have one name that is no name of a field.
const words = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => text !== '__proto__')
const anyRecord: fc.Arbitrary<PoolRecord> = fc
  .record({ metadata: fc.dictionary(words, words, { maxKeys: 5 }), reason: words, request: words, hot: fc.boolean() })
  .map(({ metadata, reason, request, hot }) => ({
    ...READY,
    state: 'claimed',
    tier: hot ? { kind: 'hot', startedAt: 1_800_000_000 } : { kind: 'stopped' },
    claim: { instanceId: 'web-1', id: 'c1', request, at: 1_800_000_000.25, metadata },
    reason,
  }))

describe('a record in a description', () => {
  it('comes back as it was, whatever texts it holds, and whatever stands around it', () => {
    fc.assert(
      fc.property(anyRecord, words, (record, notes) => {
        const text = withRecord(notes, record)
        expect(recordIn(text)).toEqual(record)
        // As Proxmox gives it back (PVE-FACTS 4.1).
        expect(recordIn(`${text}\n`)).toEqual(record)
      }),
    )
  })

  it('never ends its comment early', () => {
    fc.assert(
      fc.property(anyRecord, (record) => {
        const [, inside = ''] = withRecord('', record).split('<!-- cmux-pool ')
        expect(inside.indexOf('--')).toBe(inside.length - '-->'.length)
      }),
    )
  })

  it('leaves the notes of others, and the mark of the operation that made the container, where they are', () => {
    const mark = '<!-- cmux-pve op:0123456789abcdef -->'
    const once = withRecord(`${mark}\n`, READY)
    const twice = withRecord(`Mine: do not touch\n\n${once}\nmore\n`, { ...READY, generation: 4 })
    expect(withoutRecord(twice)).toBe(`Mine: do not touch\n\n${mark}\nmore`)
    expect(recordIn(twice)?.generation).toBe(4)
  })

  it('begins with a line for people', () => {
    expect(withRecord('', READY).split('\n')[0]).toBe(
      'cmux-pve pool default: ready, of template 9009. Do not edit what follows.',
    )
  })

  it('is refused when Proxmox would refuse it for its length', () => {
    const claim = { instanceId: 'a', id: 'b', request: 'c', at: 1, metadata: { big: 'x'.repeat(9000) } }
    expect(() => withRecord('', { ...READY, state: 'claimed', claim })).toThrow('8192')
  })
})

describe('what is no record', () => {
  const json = (change: object) => `<!-- cmux-pool ${JSON.stringify({ ...READY, ...change })} -->`

  it.each([
    ['nothing', ''],
    ['another version', json({ version: 2 })],
    ['a state that does not exist', json({ state: 'lost' })],
    [
      'a claim without a claimed state',
      json({ claim: { instanceId: 'a', id: 'b', request: '', at: 1, metadata: {} } }),
    ],
    ['a claimed state without a claim', json({ state: 'claimed' })],
    ['a field nobody knows', json({ colour: 'blue' })],
    ['broken JSON', '<!-- cmux-pool {"version":1 -->'],
    ['two of them', `${json({})}\n${json({})}`],
  ])('%s is not taken for one', (_, text) => {
    expect(recordIn(text)).toBeUndefined()
  })
})
