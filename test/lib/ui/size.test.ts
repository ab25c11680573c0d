import { expect, it } from 'vitest'
import { formatBytes, parseSize } from '../../../src/lib/ui/size.js'

it.each([
  ['4096', 'MiB', 4096],
  ['4G', 'MiB', 4096],
  ['4GiB', 'MiB', 4096],
  ['1.5G', 'MiB', 1536],
  ['32', 'GiB', 32],
  ['1T', 'GiB', 1024],
  ['512 M', 'MiB', 512],
] as const)('reads %s in %s', (text, unit, expected) => expect(parseSize(text, { unit })).toBe(expected))

it.each([
  ['0', 'MiB'],
  ['-1G', 'MiB'],
  ['512M', 'GiB'],
  ['much', 'GiB'],
  ['', 'GiB'],
] as const)("refuses '%s' in %s as wrong usage", (text, unit) => {
  expect(() => parseSize(text, { unit })).toThrow(/Invalid size/)
})

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [536_870_912, '512 MiB'],
  [1_610_612_736, '1.5 GiB'],
])('writes %i bytes', (bytes, expected) => expect(formatBytes(bytes)).toBe(expected))
