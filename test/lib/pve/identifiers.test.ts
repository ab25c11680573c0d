import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  carriesOperationId,
  randomOperationId,
  withOperationId,
  withoutOperationId,
} from '../../../src/lib/pve/operation-id.js'
import { isSyntheticUpid, isUpid, parseUpid, syntheticUpid } from '../../../src/lib/pve/upid.js'
import { toVmid } from '../../../src/lib/pve/vmid.js'

test('a UPID is taken apart, the node and the token id included', () => {
  expect(parseUpid('UPID:pve1:0000ABCD:012345678:65A0B1C2:vzclone:9000:root@pam!cmux:')).toEqual({
    node: 'pve1',
    pid: 0xabcd,
    pstart: 0x12345678,
    starttime: 0x65a0b1c2,
    type: 'vzclone',
    id: '9000',
    user: 'root@pam!cmux',
  })
})

test('the id of a task may be empty, and anything else that is no UPID is refused', () => {
  expect(parseUpid('UPID:pve1:0000ABCD:01234567:65A0B1C2:vzdump::root@pam:').id).toBe('')
  for (const text of ['', 'UPID:', 'UPID:pve1:0000ABCD:01234567:65A0B1C2:vzclone:9000:root@pam', 'x'.repeat(100)]) {
    expect(isUpid(text)).toBe(false)
    expect(() => parseUpid(text)).toThrow(expect.objectContaining({ code: 'invalid' }))
  }
})

test('the UPID of a dry run is one, and is known as such', () => {
  const upid = syntheticUpid('pve1', 'vzstart', 101)
  expect(parseUpid(upid)).toMatchObject({ node: 'pve1', type: 'vzstart', id: '101' })
  expect(isSyntheticUpid(upid)).toBe(true)
  expect(isSyntheticUpid('UPID:pve1:0000ABCD:01234567:65A0B1C2:vzstart:101:root@pam:')).toBe(false)
})

test('VMIDs are whole numbers from 100 to 999999999', () => {
  expect(toVmid('101')).toBe(101)
  for (const value of [99, 1_000_000_000, 100.5, Number.NaN, '099', '1e3', '0x70', ' 101', '']) {
    expect(() => toVmid(value)).toThrow(expect.objectContaining({ code: 'invalid' }))
  }
})

test('the operation id stands behind any description, is found again, and comes off again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (description) => {
      const id = randomOperationId()
      // As Proxmox gives it back: with a newline at the end.
      const kept = `${withOperationId(description, id)}\n`
      expect(carriesOperationId(kept, id)).toBe(true)
      expect(carriesOperationId(kept, randomOperationId())).toBe(false)
      expect(withoutOperationId(kept)).toBe(withoutOperationId(description))
    }),
  )
})

test('a description has one operation id: the last', () => {
  const twice = withOperationId(withOperationId('golden image', 'aaaa'), 'bbbb')
  expect(twice).toBe('golden image\n<!-- cmux-pve op:bbbb -->')
})

test('a description that would not fit with the id is refused before it is sent', () => {
  expect(() => withOperationId('x'.repeat(8190), 'aaaa')).toThrow(expect.objectContaining({ code: 'invalid' }))
})
