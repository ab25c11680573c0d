import { expect, it } from 'vitest'
import { formatDuration, parseDuration } from '../../src/lib/duration.js'

it.each([
  ['90s', 90_000],
  ['90', 90_000],
  ['1.5m', 90_000],
  ['500ms', 500],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
])('reads %s', (text, expected) => expect(parseDuration(text)).toBe(expected))

it.each(['', 'soon', '5 minutes', '-1s', '1w', '1e3'])("refuses '%s' as wrong usage", (text) => {
  expect(() => parseDuration(text, 'value for --timeout')).toThrow(/Invalid value for --timeout/)
})

it.each([
  [450, '450 ms'],
  [3210, '3.2 s'],
  [59_970, '1 min'],
  [125_000, '2 min 5 s'],
  [4_200_000, '1 h 10 min'],
])('writes %i ms', (milliseconds, expected) => expect(formatDuration(milliseconds)).toBe(expected))
